// Parses the quantities of a command line: percentages, durations, sizes, rates and counts. Every
// function throws std::invalid_argument "'TEXT' must be ..." if the text is invalid.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/clock.h"

namespace netlab {

// Returns the error "'TEXT' must be WHAT".
std::invalid_argument must_be(std::string_view text, std::string_view what);

// Returns 0.1 for "10%". From 0% to 100%. The sign is required, because "0.1" could mean 0.1% or
// 10%.
double parse_share(const std::string& text);
// E.g. "40ms", "1.5s", "200us". At least 0 and at most a day; the unit is required.
Duration parse_duration(const std::string& text);
// Seconds without a unit, e.g. "10", "0.5" or "1e3". At most 10^9.
Duration parse_seconds(const std::string& text);
// Bytes per second, at least 1. The suffixes K, M and G are powers of 1024.
std::uint64_t parse_rate(const std::string& text);
// Bytes, with the same suffixes; may be 0.
std::uint64_t parse_size(const std::string& text);
// A whole number from `min` to `max`, decimal digits only.
std::uint64_t parse_count(const std::string& text, std::uint64_t min, std::uint64_t max);

// Returns what `parse` returns. Prefixes the message of a std::invalid_argument with the option's
// name.
template <typename Parse>
std::invoke_result_t<Parse> of_option(const std::string& option, Parse parse) {
  try {
    return parse();
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(option + ": " + error.what());
  }
}

}  // namespace netlab
