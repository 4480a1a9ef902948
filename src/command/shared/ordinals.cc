#include "command/shared/ordinals.h"

#include <algorithm>

#include "base/decimal.h"
#include "cli/parse_values.h"

namespace netlab {
namespace {

OrdinalRange parse_range(const std::string& text) {
  if (text == "first") return {1, 1};
  const std::size_t dash = text.find('-');
  const auto first = parse_decimal(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : parse_decimal(text.substr(dash + 1));
  if (!first || !last || *first == 0 || *last < *first)
    throw must_be(text, "\"first\", a packet number from 1, or a range, e.g. 7-9");
  return {*first, *last};
}

}  // namespace

std::vector<OrdinalRange> parse_ordinals(const std::string& text) {
  std::vector<OrdinalRange> ranges;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    ranges.push_back(parse_range(text.substr(start, comma - start)));
    start = comma + 1;
  }
  return ranges;
}

}  // namespace netlab
