// A number from the network, and the range of numbers that a game is played with.
#include "base/decimal.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "fuzz/accepted.h"
#include "fuzz/input.h"
#include "protocol/guess/number_riddle.h"

namespace netlab {
namespace {

// What parse_decimal must decide, worked out from the digits.
bool is_number(std::string_view text) {
  const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  const std::string_view significant =
      text.substr(std::min(text.find_first_not_of('0'), text.size()));
  constexpr std::string_view largest = "9223372036854775807";
  return digits && !text.empty() &&
         (significant.size() < largest.size() ||
          (significant.size() == largest.size() && significant <= largest));
}

void check_number(std::string_view text) {
  const auto number = parse_decimal(text);
  must(number.has_value() == is_number(text), "a number is digits, at most 2^63 - 1");
  if (!number) return;
  const std::string digits = std::to_string(*number);
  must(text.ends_with(digits), "a number is what its digits say");
  must(parse_decimal(digits) == number, "a number is read as it was written");
}

void check_range(std::string_view text) {
  const auto range = accepted<std::invalid_argument>([&] { return NumberRange::parse(text); });
  if (!range) return;
  must(range->first <= range->last && range->last <= max_offset, "a range goes up");
  const NumberRange again =
      NumberRange::parse(std::to_string(range->first) + "-" + std::to_string(range->last));
  must(again.first == range->first && again.last == range->last,
       "a range is read as it was written");
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::check_number(netlab::text_of(data, size));
  netlab::check_range(netlab::text_of(data, size));
  return 0;
}
