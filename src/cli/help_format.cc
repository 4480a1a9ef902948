#include "cli/help_format.h"

#include <sstream>

#include "cli/command_tree.h"

namespace netlab {
namespace {

constexpr std::size_t page_width = 80;
constexpr std::size_t first_column = 30;  // names and value types

// Divides a text into lines of the second column. CLI11 indents each line after a line feed.
std::string wrapped(const std::string& text) {
  constexpr std::size_t width = page_width - first_column;
  std::istringstream words(text);
  std::string lines;
  std::size_t used = 0;  // of the last line
  for (std::string word; words >> word;) {
    // "(default: 10)" stays on one line.
    if (std::string value; word == "(default:" && words >> value) word += ' ' + value;
    const bool fits = used + 1 + word.size() <= width;
    if (used > 0) lines += fits ? ' ' : '\n';
    used = used > 0 && fits ? used + 1 + word.size() : word.size();
    lines += word;
  }
  return lines;
}

class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat();

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_subcommand(const CLI::App* app) const override;

 private:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

HelpFormat::HelpFormat() {
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
  column_width(first_column);
}

std::string HelpFormat::make_help(const CLI::App* app, std::string name,
                                  CLI::AppFormatMode mode) const {
  // CLI11 puts two empty lines between groups of options.
  return CLI::detail::find_and_replace(CLI::Formatter::make_help(app, name, mode), "\n\n\n",
                                       "\n\n");
}

std::string HelpFormat::make_subcommand(const CLI::App* app) const {
  std::ostringstream line;
  CLI::detail::format_help(line, app->get_name(), wrapped(app->get_description()), first_column);
  return line.str();
}

std::string HelpFormat::make_option_name(const CLI::Option* option, bool is_positional) const {
  return is_positional ? positional_name(*option)
                       : CLI::Formatter::make_option_name(option, is_positional);
}

// Without the list of excluded options, which CLI11 prints after each option.
std::string HelpFormat::make_option_opts(const CLI::Option* option) const {
  const std::string type = value_type(*option);
  return type.empty() ? "" : " " + type;
}

std::string HelpFormat::make_option_desc(const CLI::Option* option) const {
  return wrapped(described(*option));
}

}  // namespace

void set_help_format(CLI::App& app) {
  app.formatter(std::make_shared<HelpFormat>());
}

}  // namespace netlab
