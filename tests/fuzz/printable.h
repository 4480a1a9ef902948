// Decides whether a text may be shown on a terminal, independently of escape.cc: by the ranges of
// the second byte, from the grammar of RFC 3629 section 4.
#pragma once

#include <cstddef>
#include <string_view>

namespace netlab {

// The length of the printable character at the start of a non-empty text; 0 if there is none.
inline std::size_t printable_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i, int lowest, int highest) {
    return i < text.size() && byte(i) >= lowest && byte(i) <= highest;
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  if (lead == 0xc2) return tail(1, 0xa0, 0xbf) ? 2 : 0;  // below are the C1 controls
  if (lead > 0xc2 && lead <= 0xdf) return tail(1, 0x80, 0xbf) ? 2 : 0;
  const int lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const int highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (!tail(1, lowest, highest) || !tail(2, 0x80, 0xbf)) return 0;
  // Bidirectional controls.
  if (lead == 0xe2 &&
      (byte(1) == 0x80 ? tail(2, 0xaa, 0xae) : byte(1) == 0x81 && tail(2, 0xa6, 0xa9)))
    return 0;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 && tail(3, 0x80, 0xbf) ? 4 : 0;
}

inline bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = printable_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace netlab
