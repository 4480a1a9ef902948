#include "cli/command_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>

#include "cli/command_tree.h"
#include "cli/spelling.h"

#ifndef NETLAB_VERSION
#error "NETLAB_VERSION is set by meson.build"
#endif

namespace netlab {
namespace {

// CLI11 lists behind each option all those that it excludes, which buries what a reader looks for.
class ShortHelp : public CLI::Formatter {
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    return is_positional ? positional_name(*option)
                         : CLI::Formatter::make_option_name(option, is_positional);
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string type = value_type(*option);
    const std::string initial = option->get_default_str();
    return (type.empty() ? "" : " " + type) + (initial.empty() ? "" : " (" + initial + ")");
  }
};

// Those that every subcommand has; they may stand before its words, too.
void declare_common(Options& options, Output& output) {
  options.flag("--json", output.json, "standard output is JSON lines");
  options.flag("-q,--quiet", output.quiet, "no lines but the indispensable");
  options.flag("-v,--verbose", output.verbose, "more lines, on standard error");
  options.flag("--trace", output.trace, "show each socket call, in strace's notation");
  options.choice("--color", output.color, {"auto", "always", "never"}, "colors on standard error");
}

// What the options before the words of a command say, and those behind them.
Output merged(const Output& before, const Output& behind) {
  Output output = behind;
  output.json |= before.json;
  output.quiet |= before.quiet;
  output.verbose |= before.verbose;
  output.trace |= before.trace;
  if (output.color == Output().color) output.color = before.color;
  return output;
}

// How a wrong command line is to be answered, as far as it says so: it could not be parsed.
Output said_in(const std::vector<std::string>& words) {
  Output output;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    output.json |= words[i] == "--json";
    if (words[i].starts_with("--color=")) output.color = words[i].substr(words[i].find('=') + 1);
    if (words[i] == "--color" && i + 1 < words.size()) output.color = words[i + 1];
  }
  return output;
}

// The app for "tcp serve" below the app for "tcp", which is made when it is not there yet.
CLI::App& add_leaf(CLI::App& root, const Command& command) {
  CLI::App* parent = &root;
  std::string_view name = command.name;
  if (const std::size_t space = name.find(' '); space != std::string_view::npos) {
    const std::string group(name.substr(0, space));
    name.remove_prefix(space + 1);
    const auto groups =
        root.get_subcommands([&](CLI::App* app) { return app->get_name() == group; });
    parent = groups.empty() ? root.add_subcommand(group) : groups.front();
    parent->require_subcommand(1);
  }
  CLI::App& leaf = *parent->add_subcommand(std::string(name), std::string(command.summary));
  leaf.footer("Example: " + std::string(command.example));
  return leaf;
}

const CLI::App& deepest_parsed(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : deepest_parsed(*parsed.front());
}

std::string full_name(const CLI::App& app) {
  if (!app.get_parent()) return {};
  const std::string above = full_name(*app.get_parent());
  return above.empty() ? app.get_name() : above + " " + app.get_name();
}

std::string names_of_children(const CLI::App& app) {
  std::string names;
  for (const CLI::App* child : children_of(app))
    names += (names.empty() ? "" : ", ") + child->get_name();
  return names;
}

// Of "--prot=1" or "srve" a line that says what it should have been; empty when that is not the
// trouble.
std::string misspelling(const CLI::App& root) {
  const CLI::App& app = deepest_parsed(root);
  const auto left = root.remaining(true);
  if (left.empty()) return {};
  const std::string word = left.front().substr(0, left.front().find('='));
  const bool is_option = word.starts_with('-');
  std::vector<std::string> known;
  if (is_option) {
    for (const CLI::Option* option : app.get_options())
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  } else {
    for (const CLI::App* child : children_of(app)) known.push_back(child->get_name());
    if (known.empty()) return "unexpected argument '" + word + "'";
  }
  if (std::ranges::find(known, word) != known.end())
    return fmt::format("'{}' belongs behind '{}'", word, full_name(app));
  const std::string meant = suggestion(word, known);
  return fmt::format("unknown {} '{}'{}", is_option ? "option" : "command", word,
                     meant.empty() ? "" : ". Did you mean '" + meant + "'?");
}

// The one line about a command line that can't be parsed.
std::string complaint(const CLI::App& root, const CLI::ParseError& error) {
  if (const std::string misspelt = misspelling(root); !misspelt.empty()) return misspelt;
  const std::string names = names_of_children(deepest_parsed(root));
  const bool lacks_command = dynamic_cast<const CLI::RequiredError*>(&error) && !names.empty();
  return lacks_command ? "a command is missing: " + names : error.what();
}

}  // namespace

CommandLine::CommandLine() : tree_(std::make_unique<Tree>()) {
  CLI::App& app = tree_->app;
  app.name("netlab");
  app.formatter(std::make_shared<ShortHelp>());
  app.set_help_flag("-h,--help", "print this help and exit");
  app.set_version_flag("--version", "netlab " NETLAB_VERSION, "print the version and exit");
  app.require_subcommand(1);
  app.footer("Example: netlab demo");
  const auto declare_before = [this](CLI::App& above) {
    Options options(above);
    declare_common(options, tree_->before);
  };
  declare_before(app);
  for (const Command& command : commands()) {
    CLI::App& leaf_app = add_leaf(app, command);
    Tree::Leaf& leaf = tree_->leaves[&leaf_app];
    leaf.command = &command;
    leaf.action = command.make();
    Options options(leaf_app);
    leaf.action->declare(options);
    declare_common(options, leaf.output);
  }
  for (CLI::App* group : app.get_subcommands([](CLI::App*) { return true; })) {
    const auto children = children_of(*group);
    if (children.empty()) continue;
    declare_before(*group);
    group->description(names_of_children(*group));
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
    said_in(words).fail(parsed.name, complaint(app, error));
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
