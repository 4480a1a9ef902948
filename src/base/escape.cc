#include "base/escape.h"

#include <fmt/core.h>

#include <utility>

#include "base/utf8.h"

namespace netlab {
namespace {

// Appends the escape sequence of one byte.
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
    const bool is_kept = kept_.find(text.front()) != std::string_view::npos;
    const bool is_printable = !is_control(next.character) && next.character != '\\';
    const bool shown = next.kind == Utf8::Kind::valid && (is_kept || is_printable);
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
  Escaper escaper = Escaper::but_backslashes();
  std::string shown = escaper.next(line);
  return shown += escaper.rest();
}

std::string escaped_start(std::string_view text, std::size_t max_size) {
  return text.size() <= max_size ? escaped(text) : escaped(text.substr(0, max_size)) + "...";
}

}  // namespace netlab
