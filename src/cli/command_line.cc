#include "cli/command_line.h"

#include <iostream>

#include "cli/command_tree.h"
#include "cli/help_format.h"
#include "cli/usage_error.h"

#ifndef NETLAB_VERSION
#error "NETLAB_VERSION is set by meson.build"
#endif

namespace netlab {
namespace {

constexpr const char* common_group = "Common options";
constexpr const char* commands_group = "Commands";

// The options of every subcommand; they may also be given before its name.
void declare_common(CLI::App& app, Output& output) {
  Options options(app);
  options.group(common_group);
  options.flag("--json", output.json, "write JSON lines to standard output");
  options.flag("-q,--quiet", output.quiet, "print only essential lines");
  options.flag("-v,--verbose", output.verbose, "log details to standard error");
  options.flag("--trace", output.trace,
               "log each socket call to standard error, in strace's notation");
  options.choice("--color", output.color, {"auto", "always", "never"},
                 "color messages on standard error");
  // Declared last, because CLI11 would list it first, in a group of its own.
  app.set_help_flag();
  app.set_help_flag("-h,--help", "print this help and exit")->group(common_group);
}

// Combines the options before the name of a subcommand with those after it.
Output merged(const Output& before, const Output& after) {
  Output output = after;
  output.json |= before.json;
  output.quiet |= before.quiet;
  output.verbose |= before.verbose;
  output.trace |= before.trace;
  if (output.color == Output().color) output.color = before.color;
  return output;
}

// The output options of a command line that could not be parsed: the error must honor them.
Output output_options_in(const std::vector<std::string>& words) {
  Output output;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    output.json |= words[i] == "--json";
    if (words[i].starts_with("--color=")) output.color = words[i].substr(words[i].find('=') + 1);
    if (words[i] == "--color" && i + 1 < words.size()) output.color = words[i + 1];
  }
  return output;
}

// Adds the app for "tcp serve" below the app for "tcp", which is created if it is missing.
CLI::App& add_leaf(CLI::App& root, const Command& command) {
  CLI::App* parent = &root;
  std::string_view name = command.name;
  if (const std::size_t space = name.find(' '); space != std::string_view::npos) {
    const std::string group(name.substr(0, space));
    name.remove_prefix(space + 1);
    const auto groups =
        root.get_subcommands([&](CLI::App* app) { return app->get_name() == group; });
    parent = groups.empty() ? root.add_subcommand(group)->group(commands_group) : groups.front();
    parent->require_subcommand(1);
  }
  CLI::App& leaf = *parent->add_subcommand(std::string(name), std::string(command.summary));
  leaf.group(commands_group);
  leaf.footer("Example: " + std::string(command.example));
  return leaf;
}

}  // namespace

CommandLine::CommandLine() : tree_(std::make_unique<Tree>()) {
  CLI::App& app = tree_->app;
  app.name("netlab");
  set_help_format(app);
  app.set_version_flag("--version", "netlab " NETLAB_VERSION, "print the version and exit")
      ->group(common_group);
  app.require_subcommand(1);
  app.footer("Example: netlab demo");
  declare_common(app, tree_->before);
  for (const Command& command : commands()) {
    CLI::App& leaf_app = add_leaf(app, command);
    Tree::Leaf& leaf = tree_->leaves[&leaf_app];
    leaf.command = &command;
    leaf.action = command.make();
    Options options(leaf_app);
    leaf.action->declare(options);
    declare_common(leaf_app, leaf.output);
  }
  for (CLI::App* group : app.get_subcommands([](CLI::App*) { return true; })) {
    const auto children = children_of(*group);
    if (children.empty()) continue;
    declare_common(*group, tree_->before);
    group->description(std::string(group_summary(group->get_name())));
    group->footer("Example: " + std::string(tree_->leaves[children.front()].command->example));
  }
}

CommandLine::~CommandLine() = default;

CommandLine::Parsed CommandLine::parse(const std::vector<std::string>& words) {
  CLI::App& app = tree_->app;
  Parsed parsed;
  if (words.empty()) {
    std::cerr << app.help();
    parsed.status = ExitStatus::usage;
    return parsed;
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success, std::cout, std::cerr);
    return parsed;
  } catch (const CLI::ParseError& error) {
    parsed.name = full_name(deepest_parsed(app));
    output_options_in(words).fail(parsed.name, usage_error(app, error));
    parsed.status = ExitStatus::usage;
    return parsed;
  }
  const CLI::App& chosen = deepest_parsed(app);
  Tree::Leaf& leaf = tree_->leaves.at(&chosen);
  parsed.name = full_name(chosen);
  parsed.action = leaf.action.get();
  parsed.output = merged(tree_->before, leaf.output);
  return parsed;
}

}  // namespace netlab
