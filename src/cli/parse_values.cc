#include "cli/parse_values.h"

#include <fmt/core.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "base/decimal.h"

namespace netlab {
namespace {

constexpr double max_duration = 86'400;  // in seconds
constexpr double max_seconds = 1e9;      // about 31 years

constexpr const char* size_examples = "e.g. 500K or 5M";

std::optional<Duration> duration_of(double seconds, double max) {
  if (!(seconds >= 0 && seconds <= max)) return std::nullopt;  // also rejects NaN
  return std::chrono::round<Duration>(std::chrono::duration<double>(seconds));
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

// Returns bytes; nothing if the text is not a size.
std::optional<std::uint64_t> size_of(const std::string& text) {
  constexpr std::string_view units = "KMG";
  std::string_view number = text;
  std::uint64_t unit = 1;
  const std::size_t index = number.empty() ? units.npos : units.find(number.back() & ~0x20);
  if (index != units.npos) {
    number.remove_suffix(1);
    unit = std::uint64_t{1024} << (10 * index);
  }
  const auto count = parse_decimal(number);
  if (!count || *count > max_offset / unit) return std::nullopt;
  return *count * unit;
}

}  // namespace

std::invalid_argument must_be(std::string_view text, std::string_view what) {
  return std::invalid_argument(fmt::format("'{}' must be {}", text, what));
}

double parse_share(const std::string& text) {
  std::string_view unit;
  const double number = number_of(text, unit);
  if (unit != "%" || number < 0 || number > 100)
    throw must_be(text, "a percentage from 0% to 100%, e.g. 10% or 0.5%");
  return number / 100;
}

Duration parse_duration(const std::string& text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  constexpr std::array units{Unit{"us", 1e-6}, Unit{"ms", 1e-3}, Unit{"s", 1}};
  std::string_view name;
  const double number = number_of(text, name);
  for (const Unit& unit : units)
    if (unit.name == name)
      if (const auto duration = duration_of(number * unit.seconds, max_duration)) return *duration;
  throw must_be(text, fmt::format("a time of at most {}s, e.g. 40ms, 1.5s or 200us", max_duration));
}

Duration parse_seconds(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const bool is_number = !text.empty() && *end == '\0';
  const auto duration = is_number ? duration_of(number, max_seconds) : std::nullopt;
  if (!duration)
    throw must_be(text, fmt::format("a number of seconds from 0 to {:.0f}", max_seconds));
  return *duration;
}

std::uint64_t parse_size(const std::string& text) {
  const auto size = size_of(text);
  if (!size) throw must_be(text, fmt::format("a number of bytes, {}", size_examples));
  return *size;
}

std::uint64_t parse_rate(const std::string& text) {
  const auto rate = size_of(text);
  if (!rate || *rate == 0)
    throw must_be(text, fmt::format("a number of bytes per second, at least 1, {}", size_examples));
  return *rate;
}

std::uint64_t parse_count(const std::string& text, std::uint64_t min, std::uint64_t max) {
  const auto number = parse_decimal(text);
  if (!number || *number < min || *number > max)
    throw must_be(text, fmt::format("a whole number from {} to {}", min, max));
  return *number;
}

}  // namespace netlab
