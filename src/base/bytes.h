// Views text as the bytes that are sent over a socket.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace netlab {

// The view is valid as long as the text is.
inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace netlab
