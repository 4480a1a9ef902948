#include "cli/parse_values.h"

#include <fmt/core.h>

#include <array>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "base/decimal.h"

namespace netlab {
namespace {

std::invalid_argument is_not(std::string_view text, std::string_view what) {
  return std::invalid_argument(fmt::format("'{}' is not {}", text, what));
}

// Returns the number at the start of the text, -1 if there is none, and sets `unit` to the rest.
// Accepts only digits and a point: strtod(3) also accepts words, signs and hexadecimal.
double number_of(const std::string& text, std::string_view& unit) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string digits = text.substr(0, end);
  unit = std::string_view(text).substr(end);
  char* stop = nullptr;
  const double number = std::strtod(digits.c_str(), &stop);
  return digits.empty() || *stop != '\0' ? -1 : number;
}

}  // namespace

double parse_share(const std::string& text) {
  std::string_view unit;
  const double number = number_of(text, unit);
  if (unit != "%" || number < 0 || number > 100)
    throw is_not(text, "a percentage, e.g. 10% or 0.5%");
  return number / 100;
}

Duration parse_duration(const std::string& text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  constexpr std::array units{Unit{"us", 1e-6}, Unit{"ms", 1e-3}, Unit{"s", 1}};
  constexpr double max_seconds = 86'400;
  std::string_view name;
  const double number = number_of(text, name);
  for (const Unit& unit : units)
    if (unit.name == name && number >= 0 && number * unit.seconds <= max_seconds)
      return std::chrono::round<Duration>(std::chrono::duration<double>(number * unit.seconds));
  throw is_not(text, "a time, e.g. 40ms, 1.5s or 200us");
}

std::uint64_t parse_size(const std::string& text) {
  constexpr std::string_view units = "KMG";
  std::string_view number = text;
  std::uint64_t unit = 1;
  const std::size_t index = number.empty() ? units.npos : units.find(number.back() & ~0x20);
  if (index != units.npos) {
    number.remove_suffix(1);
    unit = std::uint64_t{1024} << (10 * index);
  }
  const auto count = parse_decimal(number);
  if (!count || *count > max_offset / unit)
    throw is_not(text, "a number of bytes, e.g. 500K or 5M");
  return *count * unit;
}

std::uint64_t parse_rate(const std::string& text) {
  const std::uint64_t rate = parse_size(text);
  if (rate == 0) throw is_not(text, "a number of bytes, e.g. 500K or 5M");
  return rate;
}

std::uint64_t parse_count(const std::string& text, std::uint64_t min, std::uint64_t max) {
  const auto number = parse_decimal(text);
  if (!number || *number < min || *number > max)
    throw is_not(text, fmt::format("a whole number from {} to {}", min, max));
  return *number;
}

}  // namespace netlab
