#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "cli/parse_values.h"

namespace netlab {
namespace {

std::string long_name(const std::string& names) {
  return names.substr(names.rfind(',') + 1);
}

// Returns CLI11's name of a positional: "HOST" for "HOST[:PORT]", "FILE" for "[HOST[:PORT]] FILE".
// CLI11 2.4 throws BadNameString if a name contains other characters.
std::string plain_name(const std::string& positional) {
  constexpr std::string_view capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string word = positional.substr(positional.rfind(' ') + 1);
  return word.substr(0, word.find_first_not_of(capitals));
}

std::string seconds_text(Duration duration) {
  std::string text = std::to_string(in_seconds(duration));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// Adds an option whose value `parse` converts. `parse` throws std::invalid_argument.
template <typename Value, typename Parse>
CLI::Option* parsed_option(CLI::App& app, const std::string& names, Value& value, Parse parse,
                           const std::string& help) {
  const auto set = [&value, parse, name = long_name(names)](const std::string& text) {
    try {
      value = parse(text);
    } catch (const std::invalid_argument& error) {
      throw CLI::ValidationError(name, error.what());
    }
  };
  return app.add_option_function<std::string>(names, set, help);
}

auto count_in(CountRange range) {
  return [range](const std::string& text) { return parse_count(text, range.min, range.max); };
}

// Accepts the values for which `is_valid` is true. CLI11's own validators have texts of their own.
template <typename IsValid>
CLI::Validator validator(const std::string& requirement, IsValid is_valid) {
  const auto error = [requirement, is_valid](const std::string& text) {
    return is_valid(text) ? std::string() : must_be(text, requirement).what();
  };
  return {error, ""};
}

}  // namespace

CLI::Option* Options::add(CLI::Option* option) const {
  return option->group(group_);
}

void Options::flag(const std::string& names, bool& value, const std::string& help) {
  const auto is_bool = [](const std::string& text) {
    bool ignored = false;
    return CLI::detail::lexical_cast(text, ignored);
  };
  add(app_.add_flag(names, value, help))
      ->check(validator("true or false", is_bool));  // --flag=VALUE
}

void Options::text(const std::string& names, std::string& value, const std::string& type,
                   const std::string& help) {
  add(app_.add_option(names, value, help))->type_name(type);
}

void Options::text(const std::string& names, std::optional<std::string>& value,
                   const std::string& type, const std::string& help) {
  add(app_.add_option(names, value, help))->type_name(type);
}

void Options::number(const std::string& names, std::uint64_t& value, CountRange range,
                     const std::string& help) {
  add(parsed_option(app_, names, value, count_in(range), help))
      ->type_name("N")
      ->default_str(std::to_string(value));
}

void Options::number(const std::string& names, std::optional<std::uint64_t>& value,
                     CountRange range, const std::string& help) {
  add(parsed_option(app_, names, value, count_in(range), help))->type_name("N");
}

void Options::rate(const std::string& names, std::uint64_t& value, const std::string& help) {
  add(parsed_option(app_, names, value, parse_rate, help))->type_name("RATE");
}

void Options::seconds(const std::string& names, Duration& value, const std::string& help) {
  add(parsed_option(app_, names, value, parse_seconds, help))
      ->type_name("S")
      ->default_str(seconds_text(value));
}

void Options::seconds(const std::string& names, std::optional<Duration>& value,
                      const std::string& help) {
  add(parsed_option(app_, names, value, parse_seconds, help))->type_name("S");
}

void Options::choice(const std::string& names, std::string& value,
                     const std::vector<std::string>& choices, const std::string& help) {
  const auto is_choice = [choices](const std::string& text) {
    return std::ranges::find(choices, text) != choices.end();
  };
  add(app_.add_option(names, value, help))
      ->check(validator("one of " + CLI::detail::join(choices, ", "), is_choice))
      ->type_name("{" + CLI::detail::join(choices, ",") + "}")
      ->capture_default_str();
}

void Options::positional(const std::string& name, std::string& value, const std::string& help) {
  add(app_.add_option(plain_name(name), value, help))->option_text(name)->type_name("");
}

void Options::positional(const std::string& name, std::optional<std::string>& value,
                         const std::string& help) {
  add(app_.add_option(plain_name(name), value, help))->option_text(name)->type_name("");
}

void Options::required_positional(const std::string& name, std::string& value,
                                  const std::string& help) {
  positional(name, value, help);
  app_.get_option(plain_name(name))->required();
}

void Options::positionals(const std::string& name, std::vector<std::string>& values,
                          const std::string& help) {
  add(app_.add_option(plain_name(name), values, help))->option_text(name)->type_name("");
}

void Options::required_positionals(const std::string& name, std::vector<std::string>& values,
                                   const std::string& help) {
  positionals(name, values, help);
  app_.get_option(plain_name(name))->required();
}

void Options::texts(const std::string& names, std::vector<std::string>& values,
                    const std::string& type, const std::string& help) {
  add(app_.add_option(names, values, help))->type_name(type);
}

void Options::text_or_flag(const std::string& names, std::optional<std::string>& value,
                           const std::string& type, const std::string& help) {
  const auto set = [&value](const std::vector<std::string>& words) {
    value = words.empty() ? "" : words.front();
    return true;
  };
  add(app_.add_option(names, set, help))->type_name(type)->expected(0, 1);
}

void Options::exclusive(const std::vector<std::string>& names) {
  for (const std::string& one : names)
    for (const std::string& other : names)
      if (one < other) app_.get_option(one)->excludes(app_.get_option(other));
}

}  // namespace netlab
