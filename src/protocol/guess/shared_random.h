// SharedRandom is a source of random numbers for all threads and forked processes of a server. They
// share one counter of draws, so that with a seed no two of them get the same draw.
#pragma once

#include <cstdint>
#include <optional>

#include "socket/shared_counters.h"

namespace netlab {

class SharedRandom {
 public:
  // With a seed, the n-th draw is the same in each run. Without one, the source is getrandom(2).
  // Throws SystemError.
  explicit SharedRandom(std::optional<std::uint64_t> seed);
  SharedRandom(const SharedRandom&) = delete;
  SharedRandom& operator=(const SharedRandom&) = delete;

  // Returns a number from 0 to `count` - 1, uniformly distributed. `count` is at least 1. Throws
  // SystemError.
  std::uint64_t draw(std::uint64_t count) const;

 private:
  std::uint64_t next() const;

  std::optional<std::uint64_t> seed_;
  SharedCounters draws_{1};
};

}  // namespace netlab
