// The errors of command lines that cannot be parsed. CLI11's own texts do not reach the user.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace netlab {

// Returns the one-line error for a command line that `root` could not parse, with a suggestion for
// a misspelled word.
std::string usage_error(const CLI::App& root, const CLI::ParseError& error);

}  // namespace netlab
