// The private part of CommandLine, shared by the files that implement it: command_line.cc,
// completion_candidates.cc and man_page.cc.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "cli/command_line.h"

namespace netlab {

struct CommandLine::Tree {
  CLI::App app{"learn, test and run socket programs"};
  // A subcommand, and the output options given after its name.
  struct Leaf {
    const Command* command = nullptr;
    std::unique_ptr<Action> action;
    Output output;
  };
  std::map<const CLI::App*, Leaf> leaves;
  Output before;  // the output options given before the subcommand's name
};

// Returns the subcommands of an app. CLI11's own list also contains option groups, which have no
// name.
inline std::vector<const CLI::App*> children_of(const CLI::App& app) {
  std::vector<const CLI::App*> children;
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!child->get_name().empty()) children.push_back(child);
  return children;
}

// Returns the type of an option's value, e.g. "N" or "{lab,sheet}"; "[FILE]" if the value is
// optional, empty for a flag.
inline std::string value_type(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  std::string type = option.get_type_name();
  if (type.starts_with(':')) type.erase(0, 1);  // CLI11 writes a check's text after a colon
  return option.get_items_expected_min() == 0 && !option.get_positional() ? "[" + type + "]" : type;
}

// Returns an option's help with its default value.
inline std::string described(const CLI::Option& option) {
  const std::string initial = option.get_default_str();
  return option.get_description() + (initial.empty() ? "" : " (default: " + initial + ")");
}

// Returns the name of a positional as help shows it, e.g. "HOST[:PORT]". CLI11's own name for it is
// "HOST".
inline const std::string& positional_name(const CLI::Option& option) {
  return option.get_option_text();
}

}  // namespace netlab
