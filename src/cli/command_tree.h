// The inside of CommandLine, for the files that implement it: parse.cc, candidates.cc, man_page.cc.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "cli/command_line.h"

namespace netlab {

struct CommandLine::Tree {
  CLI::App app{"learn, test and run socket programs"};
  // What a leaf of the tree does and how it tells.
  struct Leaf {
    const Command* command = nullptr;
    std::unique_ptr<Action> action;
    Output output;
  };
  std::map<const CLI::App*, Leaf> leaves;
  Output before;  // what the options before a leaf's words say
};

// The subcommands below an app, without nameless groups.
inline std::vector<const CLI::App*> children_of(const CLI::App& app) {
  std::vector<const CLI::App*> children;
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!child->get_name().empty()) children.push_back(child);
  return children;
}

// What an option's value is: "N", "{lab,sheet}"; empty for a flag.
inline std::string value_type(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  const std::string type = option.get_type_name();
  return type.starts_with(':') ? type.substr(1) : type;  // CLI11 puts a check's text behind a colon
}

// "HOST[:PORT]": what help calls a positional. CLI11's own name for it is plainer.
inline const std::string& positional_name(const CLI::Option& option) {
  return option.get_option_text();
}

}  // namespace netlab
