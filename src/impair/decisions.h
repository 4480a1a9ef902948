// Decisions is what a bad network decides by: a number that depends on nothing but a seed, a
// stream, a packet's ordinal and what is to be decided. So a run can be repeated, whatever its
// timing, and no fault that is added changes another's decisions. Nobody who must not guess them
// may rely on them.
#pragma once

#include <cstdint>

#include "base/split_mix.h"

namespace netlab {

class Decisions {
 public:
  // The numbers stay: the same seed means the same in later versions.
  enum class Kind : std::uint64_t { loss = 1, duplicate, corrupt, bit, reorder, jitter };

  // `stream`: any number; packets of other streams have decisions of their own.
  Decisions(std::uint64_t seed, std::uint64_t stream)
      : start_(split_mix(split_mix(seed) ^ stream)) {}

  std::uint64_t number(Kind what, std::uint64_t ordinal) const {
    return split_mix(split_mix(start_ ^ ordinal) ^ static_cast<std::uint64_t>(what));
  }
  // From 0 up to, but not including, 1: `share(...) < p` holds in a share p of all packets, for 0
  // never, for 1 always.
  double share(Kind what, std::uint64_t ordinal) const {
    return static_cast<double>(number(what, ordinal) >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t start_;
};

}  // namespace netlab
