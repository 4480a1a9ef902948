#include "protocol/escape.h"

#include <fmt/core.h>

#include <cstdint>
#include <utility>

namespace netlab {
namespace {

// The character at the start of a text. RFC 3629 section 4: no overlong forms, no surrogates,
// nothing above U+10FFFF.
struct Utf8 {
  enum class Kind { valid, invalid, unfinished } kind;
  std::size_t length = 0;
  std::uint32_t character = 0;
};

Utf8 utf8_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80       ? 1
                             : lead >> 5 == 6  ? 2
                             : lead >> 4 == 14 ? 3
                             : lead >> 3 == 30 ? 4
                                               : 0;
  if (length == 0) return {Utf8::Kind::invalid};
  std::uint32_t character = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size()) return {Utf8::Kind::unfinished};
    if (byte(i) >> 6 != 2) return {Utf8::Kind::invalid};
    character = character << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  if (character < smallest[length] || surrogate || character > 0x10ffff)
    return {Utf8::Kind::invalid};
  return {Utf8::Kind::valid, length, character};
}

bool is_control(std::uint32_t character) {
  return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

// Appends what is escaped of one byte.
void escape(std::string& line, char byte) {
  switch (byte) {
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
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
  }
}

}  // namespace

std::string Escaper::next(std::string_view piece) {
  const std::string joined = std::exchange(held_, {}).append(piece);
  std::string line;
  for (std::string_view text = joined; !text.empty();) {
    const Utf8 next = utf8_at(text);
    if (next.kind == Utf8::Kind::unfinished) {
      held_ = text;
      break;
    }
    const bool shown = next.kind == Utf8::Kind::valid && !is_control(next.character) &&
                       (keeps_backslashes_ || next.character != '\\');
    if (shown)
      line += text.substr(0, next.length);
    else
      escape(line, text.front());
    text.remove_prefix(shown ? next.length : 1);
  }
  return line;
}

std::string Escaper::rest() {
  std::string line;
  for (const char byte : std::exchange(held_, {})) escape(line, byte);
  return line;
}

std::string escaped(std::string_view text) {
  Escaper escaper;
  std::string line = escaper.next(text);
  return line += escaper.rest();
}

std::string printable(std::string_view line) {
  Escaper escaper;
  escaper.keeps_backslashes_ = true;
  std::string shown = escaper.next(line);
  return shown += escaper.rest();
}

std::string escaped_start(std::string_view text, std::size_t most) {
  return text.size() <= most ? escaped(text) : escaped(text.substr(0, most)) + "...";
}

}  // namespace netlab
