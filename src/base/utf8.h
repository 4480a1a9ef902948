// Decodes one character of a UTF-8 text (RFC 3629), and identifies the characters a terminal obeys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace netlab {

struct Utf8 {
  enum class Kind { valid, invalid, unfinished } kind;
  std::size_t length = 0;  // bytes; 0 unless valid
  std::uint32_t character = 0;
};

// Decodes the first character of a text, which must not be empty. Overlong forms, surrogates and
// anything above U+10FFFF are invalid (section 4).
Utf8 utf8_at(std::string_view text);

// Whether a terminal may obey the character: C0, DEL, C1, and those that change the direction of
// the text after them (U+202A to U+202E, U+2066 to U+2069).
bool is_control(std::uint32_t character);

}  // namespace netlab
