// A stream whose bytes are known by their offsets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace netlab {

inline std::byte byte_at(std::uint64_t offset) {
  return static_cast<std::byte>(offset * 7 + offset / 251);
}

}  // namespace netlab
