// The riddle of the lab sheet: a number of a range.
#pragma once

#include <cstdint>

#include "protocol/guess/riddle.h"
#include "protocol/guess/shared_random.h"

namespace netlab {

struct NumberRange {
  std::uint64_t first = 1;
  std::uint64_t last = 6;

  // "1-6". Throws std::invalid_argument: not two numbers, or the first is the larger one.
  static NumberRange parse(std::string_view text);
};

// The lots outlive it.
NewRiddle number_riddles(NumberRange range, const SharedRandom& lots);

}  // namespace netlab
