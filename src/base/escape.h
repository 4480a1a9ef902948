// Escapes text from the network before it is shown, because a terminal obeys control bytes.
#pragma once

#include <string>
#include <string_view>

namespace netlab {

// Printable text stays as it is, including UTF-8 (RFC 3629). Line breaks and tabs become \n, \r and
// \t, a backslash becomes \\. Each byte of any other control character (is_control), and each
// invalid byte, becomes \xNN.
std::string escaped(std::string_view text);

// The same, except that backslashes stay as they are: for a line about to be printed, parts of
// which may be escaped already.
std::string printable(std::string_view line);

// Escaper does the same for text in pieces, which may end in the middle of a character.
class Escaper {
 public:
  // Leaves line feeds and tabs as they are.
  static Escaper of_lines() { return Escaper("\n\t"); }
  // Leaves backslashes as they are.
  static Escaper but_backslashes() { return Escaper("\\"); }
  Escaper() = default;

  std::string next(std::string_view piece);
  // Call at the end of the text: escapes the bytes of an unfinished last character.
  std::string rest();

 private:
  explicit Escaper(std::string_view kept) : kept_(kept) {}

  std::string_view kept_;  // ASCII characters that are not escaped
  std::string held_;       // the start of an unfinished character, up to three bytes
};

// Escapes at most `max_size` bytes of the text, and appends "..." if it is longer.
std::string escaped_start(std::string_view text, std::size_t max_size = 200);

}  // namespace netlab
