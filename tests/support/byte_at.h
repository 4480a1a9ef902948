// Test data: each byte of a stream is a function of its offset, so a receiver can check any part.
#pragma once

#include <cstddef>
#include <cstdint>

namespace netlab {

inline std::byte byte_at(std::uint64_t offset) {
  return static_cast<std::byte>(offset * 7 + offset / 251);
}

}  // namespace netlab
