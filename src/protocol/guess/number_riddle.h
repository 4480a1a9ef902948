// The riddle of the lab sheet: a number in a range.
#pragma once

#include <cstdint>

#include "protocol/guess/riddle.h"
#include "protocol/guess/shared_random.h"

namespace netlab {

struct NumberRange {
  std::uint64_t first = 1;
  std::uint64_t last = 6;

  // Parses e.g. "1-6". Throws std::invalid_argument unless `text` is two numbers, of which the
  // first is not the larger.
  static NumberRange parse(std::string_view text);
};

// `random` must outlive the result.
NewRiddle number_riddles(NumberRange range, const SharedRandom& random);

}  // namespace netlab
