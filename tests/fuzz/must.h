// The claims of a fuzz target about a parser. A claim that does not hold is a crash under libFuzzer
// and a failure in the unit test.
#pragma once

#include <stdexcept>
#include <string>

namespace netlab {

// Throws std::logic_error with the claim, which no target catches.
inline void must(bool holds, const char* claim) {
  if (!holds) throw std::logic_error(std::string("does not hold: ") + claim);
}

}  // namespace netlab
