#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/decimal.h"
#include "cli/parse_values.h"

namespace netlab {
namespace {

// Decimal digits only: CLI11's own conversion accepts 0x10 and rejects 080.
std::uint64_t parse_number(const std::string& name, const std::string& text, std::uint64_t max) {
  const auto number = parse_decimal(text);
  if (!number || *number > max)
    throw CLI::ValidationError(
        name, "'" + text + "' is not a whole number from 0 to " + std::to_string(max));
  return *number;
}

Duration parse_seconds(const std::string& name, const std::string& text) {
  constexpr double max_seconds = 1e9;  // about 31 years
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(seconds >= 0 && seconds <= max_seconds))
    throw CLI::ValidationError(name, "'" + text + "' is not a number of seconds");
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

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

}  // namespace

CLI::Option* Options::add(CLI::Option* option) const {
  return option->group(group_);
}

void Options::flag(const std::string& names, bool& value, const std::string& help) {
  add(app_.add_flag(names, value, help));
}

void Options::text(const std::string& names, std::string& value, const std::string& type,
                   const std::string& help) {
  add(app_.add_option(names, value, help))->type_name(type);
}

void Options::text(const std::string& names, std::optional<std::string>& value,
                   const std::string& type, const std::string& help) {
  add(app_.add_option(names, value, help))->type_name(type);
}

void Options::number(const std::string& names, std::uint64_t& value, std::uint64_t max,
                     const std::string& help) {
  const auto set = [&value, max, name = long_name(names)](const std::string& text) {
    value = parse_number(name, text, max);
  };
  add(app_.add_option_function<std::string>(names, set, help))
      ->type_name("N")
      ->default_str(std::to_string(value));
}

void Options::number(const std::string& names, std::optional<std::uint64_t>& value,
                     std::uint64_t max, const std::string& help) {
  const auto set = [&value, max, name = long_name(names)](const std::string& text) {
    value = parse_number(name, text, max);
  };
  add(app_.add_option_function<std::string>(names, set, help))->type_name("N");
}

void Options::rate(const std::string& names, std::uint64_t& value, const std::string& help) {
  const auto set = [&value, name = long_name(names)](const std::string& text) {
    try {
      value = parse_rate(text);
    } catch (const std::invalid_argument& error) {
      throw CLI::ValidationError(name, error.what());
    }
  };
  add(app_.add_option_function<std::string>(names, set, help))->type_name("RATE");
}

void Options::seconds(const std::string& names, Duration& value, const std::string& help) {
  const auto set = [&value, name = long_name(names)](const std::string& text) {
    value = parse_seconds(name, text);
  };
  add(app_.add_option_function<std::string>(names, set, help))
      ->type_name("S")
      ->default_str(seconds_text(value));
}

void Options::seconds(const std::string& names, std::optional<Duration>& value,
                      const std::string& help) {
  const auto set = [&value, name = long_name(names)](const std::string& text) {
    value = parse_seconds(name, text);
  };
  add(app_.add_option_function<std::string>(names, set, help))->type_name("S");
}

void Options::choice(const std::string& names, std::string& value,
                     const std::vector<std::string>& choices, const std::string& help) {
  add(app_.add_option(names, value, help))
      ->check(CLI::IsMember(choices))
      ->type_name("")
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
