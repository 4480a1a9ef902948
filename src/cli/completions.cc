// Shell completions. The shell asks the program for them, so they are never out of date.
#include "cli/command_tree.h"

namespace netlab {
namespace {

const CLI::Option* option_named(const CLI::App& app, const std::string& word) {
  for (const CLI::Option* option : app.get_options())
    if (!option->get_positional() && option->check_name(word)) return option;
  return nullptr;
}

// Bash splits "--model=e" into three words, and "--model=" into two, the last of which is "=".
std::vector<std::string> without_equals_signs(std::vector<std::string> words) {
  if (!words.empty() && words.back() == "=") words.back() = "";
  std::erase(words, "=");
  return words;
}

}  // namespace

std::vector<std::string> CommandLine::completions(const std::vector<std::string>& typed) const {
  const std::vector<std::string> words = without_equals_signs(typed);
  const CLI::App* app = &tree_->app;
  const std::string unfinished = words.empty() ? "" : words.back();
  const CLI::Option* pending = nullptr;  // the option whose value is completed
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    pending = option_named(*app, words[i]);
    if (pending && value_type(*pending).empty()) pending = nullptr;
    for (const CLI::App* child : children_of(*app))
      if (child->get_name() == words[i]) {
        app = child;
        break;
      }
  }
  std::vector<std::string> lines;
  const auto offer = [&](const std::string& word, const std::string& description) {
    if (word.starts_with(unfinished)) lines.push_back(word + "\t" + description);
  };
  if (const auto end = unfinished.find('='); end != std::string::npos) {
    const std::string name = unfinished.substr(0, end);
    if (const CLI::Option* const option = option_named(*app, name))
      for (const std::string& value : choices_of(*option))
        offer(name + "=" + value, option->get_description());
    return lines;
  }
  if (pending) {
    for (const std::string& value : choices_of(*pending)) offer(value, pending->get_description());
    return lines;
  }
  for (const CLI::App* child : children_of(*app))
    offer(child->get_name(), child->get_description());
  if (unfinished.starts_with('-') || lines.empty())
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames())
        offer("--" + name, option->get_description());
  return lines;
}

}  // namespace netlab
