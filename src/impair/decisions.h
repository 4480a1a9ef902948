// Decisions are the random numbers of an impaired network. Each is a function of the seed, the
// stream, the packet's ordinal and the kind of decision. A run can therefore be repeated whatever
// its timing, and adding one impairment does not change the decisions of another. Not
// cryptographically secure.
#pragma once

#include <cstdint>

#include "base/split_mix.h"

namespace netlab {

class Decisions {
 public:
  // The values are stable: a seed gives the same decisions in later versions.
  enum class Kind : std::uint64_t { loss = 1, duplicate, corrupt, bit, reorder, jitter };

  // `stream` is any number. The decisions of different streams are independent.
  Decisions(std::uint64_t seed, std::uint64_t stream)
      : start_(split_mix(split_mix(seed) ^ stream)) {}

  std::uint64_t number(Kind kind, std::uint64_t ordinal) const {
    return split_mix(split_mix(start_ ^ ordinal) ^ static_cast<std::uint64_t>(kind));
  }
  // Returns a number from 0 up to, but not including, 1: `share(...) < p` holds with probability p,
  // never for 0 and always for 1.
  double share(Kind kind, std::uint64_t ordinal) const {
    return static_cast<double>(number(kind, ordinal) >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t start_;
};

}  // namespace netlab
