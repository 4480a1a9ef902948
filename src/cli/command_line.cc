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

constexpr const char* common_group = "Common options";
constexpr const char* commands_group = "Commands";

// Help without the list of excluded options that CLI11's own formatter prints after each option.
class ShortHelp : public CLI::Formatter {
 public:
  ShortHelp() {
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
  }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    // CLI11 puts two empty lines between groups of options.
    return CLI::detail::find_and_replace(CLI::Formatter::make_help(app, name, mode), "\n\n\n",
                                         "\n\n");
  }

 private:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    return is_positional ? positional_name(*option)
                         : CLI::Formatter::make_option_name(option, is_positional);
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string type = value_type(*option);
    return type.empty() ? "" : " " + type;
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    return described(*option);
  }
};

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

const CLI::App& deepest_parsed(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : deepest_parsed(*parsed.front());
}

std::string full_name(const CLI::App& app) {
  if (!app.get_parent()) return {};
  const std::string parent = full_name(*app.get_parent());
  return parent.empty() ? app.get_name() : parent + " " + app.get_name();
}

std::string names_of_children(const CLI::App& app) {
  std::string names;
  for (const CLI::App* child : children_of(app))
    names += (names.empty() ? "" : ", ") + child->get_name();
  return names;
}

// Returns the subcommands that have the option, e.g. "ftp serve, tcp serve".
std::string commands_with(const CLI::App& root, const std::string& option) {
  std::string names;
  for (const Command& command : commands()) {
    const CLI::App* app = &root;
    for (const std::string& word : CLI::detail::split(std::string(command.name), ' '))
      app = app->get_subcommand(word);
    if (app->get_option_no_throw(option))
      names += (names.empty() ? "" : ", ") + std::string(command.name);
  }
  return names;
}

// Returns the error for an unknown word, e.g. "--prot=1" or "srve", with a suggestion. Empty if no
// word is unknown.
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
    return fmt::format("'{}' must follow '{}'", word, full_name(app));
  if (const std::string names = is_option ? commands_with(root, word) : ""; !names.empty())
    return fmt::format("unknown option '{}' for '{}' (valid for {})", word, full_name(app), names);
  const std::string suggested = suggestion(word, known);
  return fmt::format("unknown {} '{}'{}", is_option ? "option" : "command", word,
                     suggested.empty() ? "" : ". Did you mean '" + suggested + "'?");
}

// Returns the one-line error for a command line that cannot be parsed.
std::string error_line(const CLI::App& root, const CLI::ParseError& error) {
  if (const std::string misspelled = misspelling(root); !misspelled.empty()) return misspelled;
  const CLI::App& app = deepest_parsed(root);
  const std::string names = names_of_children(app);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
    const std::string what = error.what();  // "--reply: 1 required TEXT missing"
    const std::string name = what.substr(0, what.find(':'));
    if (const CLI::Option* const option = app.get_option_no_throw(name))
      return fmt::format("{} requires a value: {}", name, value_type(*option));
  }
  if (!dynamic_cast<const CLI::RequiredError*>(&error)) return error.what();
  if (!names.empty()) return "missing command: one of " + names;
  return fmt::format("{}. {}", error.what(), app.get_footer());
}

}  // namespace

CommandLine::CommandLine() : tree_(std::make_unique<Tree>()) {
  CLI::App& app = tree_->app;
  app.name("netlab");
  app.formatter(std::make_shared<ShortHelp>());
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
    output_options_in(words).fail(parsed.name, error_line(app, error));
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
