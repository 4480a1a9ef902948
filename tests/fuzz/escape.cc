// How bytes from a peer are shown.
#include "base/escape.h"

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "fuzz/printable.h"

namespace netlab {
namespace {

// Reverses escaped().
std::string unescaped(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    if (line.front() != '\\') {
      text += static_cast<char>(take_byte(line));
      continue;
    }
    must(line.size() >= 2, "a backslash is followed by what it means");
    const char kind = line[1];
    if (kind == 'x') {
      must(line.size() >= 4, "a byte has two digits");
      text += static_cast<char>(std::stoi(std::string(line.substr(2, 2)), nullptr, 16));
      line.remove_prefix(4);
      continue;
    }
    constexpr std::string_view kinds = "nrt\\";
    must(kinds.find(kind) != std::string_view::npos, "a backslash means one of five things");
    text += std::string_view("\n\r\t\\")[kinds.find(kind)];
    line.remove_prefix(2);
  }
  return text;
}

void check_escape(unsigned char max_piece, std::string_view text) {
  const std::string line = escaped(text);
  must(is_printable(line), "what is shown is printable UTF-8");
  must(unescaped(line) == text, "what is shown identifies each byte");
  if (is_printable(text) && text.find('\\') == std::string_view::npos)
    must(line == text, "printable text is shown as it is");

  Escaper escaper;
  std::string joined;
  for (const std::string_view piece : pieces_of(text, max_piece)) joined += escaper.next(piece);
  must(joined + escaper.rest() == line, "pieces are shown as the whole is");

  const std::string start = escaped_start(text, max_piece);
  must(is_printable(start), "a start is printable UTF-8");
  must(start.size() <= 4u * max_piece + 3, "a start is short");
  if (text.size() <= max_piece) must(start == line, "a short text is shown to its end");
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = netlab::text_of(data, size);
  const unsigned char max_piece = netlab::take_byte(input);
  netlab::check_escape(max_piece, input);
  return 0;
}
