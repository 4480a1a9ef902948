#include "cli/usage_error.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/command_tree.h"
#include "cli/spelling.h"

namespace netlab {
namespace {

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
  const std::string word = left.front().substr(0, left.front().find('=', 2));
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
    return fmt::format("unknown option '{}' for '{}' (valid for {})", word,
                       app.get_parent() ? full_name(app) : app.get_name(), names);
  const std::string suggested = suggestion(word, known);
  return fmt::format("unknown {} '{}'{}", is_option ? "option" : "command", word,
                     suggested.empty() ? "" : ". Did you mean '" + suggested + "'?");
}

std::string joined(const std::vector<std::string>& words) {
  return CLI::detail::join(words, ", ");
}

// Returns the error for an option that was given without its value, or more often than it may be.
// `name` is the option's name, e.g. "--port".
std::string wrong_count(const CLI::App& app, const std::string& name) {
  // The common options exist at every level, and only one level has the wrong number.
  for (const CLI::App* level = &app; level; level = level->get_parent())
    if (const CLI::Option* const option = level->get_option_no_throw(name))
      if (option->count() > 1 && option->get_items_expected_max() == 1)
        return name + " may be given only once";
  const CLI::Option* const option = app.get_option_no_throw(name);
  if (!option) return name + " requires a value";
  const auto choices = choices_of(*option);
  return name + " requires a value: " +
         (choices.empty() ? value_type(*option) : "one of " + joined(choices));
}

}  // namespace

std::string usage_error(const CLI::App& root, const CLI::ParseError& error) {
  if (const std::string misspelled = misspelling(root); !misspelled.empty()) return misspelled;
  const CLI::App& app = deepest_parsed(root);
  const std::string what = error.what();
  // E.g. "--reply: 1 required TEXT missing" or "--reply: At Most 1 required but received 2".
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error))
    return wrong_count(app, what.substr(0, what.find(':')));
  // E.g. "--reply excludes --echo".
  if (dynamic_cast<const CLI::ExcludesError*>(&error))
    return CLI::detail::find_and_replace(what, " excludes ", " cannot be used with ");
  if (dynamic_cast<const CLI::RequiredError*>(&error)) {
    const std::string names = names_of_children(app);
    return names.empty() ? fmt::format("{}. {}", what, app.get_footer())
                         : "missing command: one of " + names;
  }
  return what;  // a CLI::ValidationError, whose text is from options.cc
}

}  // namespace netlab
