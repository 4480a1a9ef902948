// What a fuzz target claims of a parser: under libFuzzer a claim that does not hold is a crash, in
// the unit test a failure.
#pragma once

#include <stdexcept>
#include <string>

namespace netlab {

// Throws std::logic_error with the claim, which no target catches.
inline void must(bool holds, const char* claim) {
  if (!holds) throw std::logic_error(std::string("does not hold: ") + claim);
}

}  // namespace netlab
