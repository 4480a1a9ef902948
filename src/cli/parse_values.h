// Quantities as people write them on a command line: shares, times, rates. What
// is none throws std::invalid_argument "'TEXT' is not ...".
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "base/clock.h"

namespace netlab {

// "10%", "0.1%": 0.1, 0.001. From 0% to 100%, and never without the sign: 0.1 might mean either.
double parse_share(const std::string& text);
// "40ms", "1.5s", "200us": at least 0 and at most a day, and never without the unit.
Duration parse_duration(const std::string& text);
// Bytes a second; K, M and G behind the number are powers of 1024.
std::uint64_t parse_rate(const std::string& text);
// Bytes, "500K" likewise; 0 as well.
std::uint64_t parse_size(const std::string& text);
// A whole number from `least` to `most`, decimal digits only.
std::uint64_t parse_count(const std::string& text, std::uint64_t least, std::uint64_t most);

// What `parse` gives; what it says of a wrong value gets the option's name before it.
template <typename Parse>
std::invoke_result_t<Parse> of_option(const std::string& option, Parse parse) {
  try {
    return parse();
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(option + ": " + error.what());
  }
}

}  // namespace netlab
