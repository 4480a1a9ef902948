// One character of a text in UTF-8 (RFC 3629), and what of Unicode a terminal obeys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace netlab {

struct Utf8 {
  enum class Kind { valid, invalid, unfinished } kind;
  std::size_t length = 0;  // in bytes, where it is valid
  std::uint32_t character = 0;
};

// The character at the start of a text that is not empty. No overlong forms, no surrogates, nothing
// above U+10FFFF (section 4).
Utf8 utf8_at(std::string_view text);

// Whether a terminal may take it for an order: C0, DEL, C1, and what changes the direction of the
// text behind it (U+202A to U+202E, U+2066 to U+2069).
bool is_control(std::uint32_t character);

}  // namespace netlab
