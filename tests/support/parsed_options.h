// parse_options() parses a command line whose options a test has declared.
#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"
#include "cli/options.h"

namespace netlab {

// Calls declare() of `owner`, e.g. a ServerOptions, and parses the words. Throws CLI::ParseError.
template <typename Owner>
void parse_options(Owner& owner, const std::vector<std::string>& words) {
  CLI::App app;
  Options options(app);
  owner.declare(options);
  app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
}

}  // namespace netlab
