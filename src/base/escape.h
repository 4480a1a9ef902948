// What came from the network is never shown raw: a terminal obeys control bytes.
#pragma once

#include <string>
#include <string_view>

namespace netlab {

// Printable text stays as it is, UTF-8 included (RFC 3629); line breaks and tabs become \n, \r, \t,
// a backslash \\, and every byte of another control character (is_control) or invalid byte \xNN.
std::string escaped(std::string_view text);

// The same but for backslashes, which stay: of a line whose parts may be escaped already, where it
// goes out.
std::string printable(std::string_view line);

// The same for a text that comes in pieces, which may end in the middle of a character.
class Escaper {
 public:
  // What leaves line feeds and tabs as they are.
  static Escaper of_lines() { return Escaper("\n\t"); }
  static Escaper but_backslashes() { return Escaper("\\"); }
  Escaper() = default;

  std::string next(std::string_view piece);
  // What of the last character has come, when it has no end.
  std::string rest();

 private:
  explicit Escaper(std::string_view kept) : kept_(kept) {}

  std::string_view kept_;  // ASCII characters that stay as they are
  std::string held_;       // the start of a character, up to three bytes
};

// The start of a long text, so that a line stays a line: at most `most` bytes and then "...".
std::string escaped_start(std::string_view text, std::size_t most = 200);

}  // namespace netlab
