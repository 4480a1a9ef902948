// Backoff is how long a client waits before it tries again: each time twice as long, and by
// chance up to half less, so that clients that were cut off together do not come back together.
#pragma once

#include <random>

#include "base/clock.h"

namespace netlab {

class Backoff {
 public:
  static constexpr Duration first = std::chrono::milliseconds(200);
  static constexpr Duration longest = std::chrono::seconds(10);

  explicit Backoff(std::uint64_t seed) : chance_(seed) {}

  Duration next();
  // The attempt has brought something: the next trouble is a new one.
  void reset() { pause_ = first; }

 private:
  Duration pause_ = first;
  std::mt19937_64 chance_;
};

}  // namespace netlab
