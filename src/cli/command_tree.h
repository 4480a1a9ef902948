// The private part of CommandLine, shared by the files that implement it: command_line.cc,
// completions.cc, help_format.cc, man_page.cc and usage_error.cc.
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

// Returns the innermost subcommand that was parsed; the app itself if there is none.
inline const CLI::App& deepest_parsed(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : deepest_parsed(*parsed.front());
}

// Returns the name of a subcommand, e.g. "tcp serve"; empty for the root.
inline std::string full_name(const CLI::App& app) {
  if (!app.get_parent()) return {};
  const std::string parent = full_name(*app.get_parent());
  return parent.empty() ? app.get_name() : parent + " " + app.get_name();
}

// Returns the type of an option's value, e.g. "N" or "{lab,sheet}"; "[FILE]" if the value is
// optional, empty for a flag.
inline std::string value_type(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  const std::string type = option.get_type_name();
  return option.get_items_expected_min() == 0 && !option.get_positional() ? "[" + type + "]" : type;
}

// Returns the values that an option of type "{lab,sheet}" accepts; none for other types.
inline std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = value_type(option);
  if (!type.starts_with('{') || !type.ends_with('}')) return {};
  return CLI::detail::split(type.substr(1, type.size() - 2), ',');
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
