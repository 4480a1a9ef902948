#include "protocol/escape.h"

#include <fmt/core.h>

#include <cstdint>
#include <span>

namespace netlab {
namespace {

// The length of the valid UTF-8 sequence at the start of `text`, 0 when there is none. RFC 3629
// section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
std::size_t utf8_length(std::string_view text, std::uint32_t& character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80       ? 1
                             : lead >> 5 == 6  ? 2
                             : lead >> 4 == 14 ? 3
                             : lead >> 3 == 30 ? 4
                                               : 0;
  if (length == 0 || length > text.size()) return 0;
  character = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 2) return 0;
    character = character << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  return character < smallest[length] || surrogate || character > 0x10ffff ? 0 : length;
}

bool is_control(std::uint32_t character) {
  return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    std::uint32_t character = 0;
    const std::size_t length = utf8_length(text, character);
    if (length != 0 && !is_control(character) && character != '\\') {
      line += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    switch (text.front()) {
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      case '\t':
        line += "\\t";
        break;
      case '\\':
        line += "\\\\";
        break;
      default:
        line += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    }
    text.remove_prefix(1);
  }
  return line;
}

std::string escaped_start(std::string_view text, std::size_t most) {
  return text.size() <= most ? escaped(text) : escaped(text.substr(0, most)) + "...";
}

}  // namespace netlab
