// Backoff is how long a client waits before it tries again. Each pause is twice as long as the
// one before, and is shortened at random by up to half, so that clients that were disconnected
// together do not reconnect together.
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
  // The attempt made progress: the next pause is a short one again.
  void reset() { pause_ = first; }

 private:
  Duration pause_ = first;
  std::mt19937_64 chance_;
};

}  // namespace netlab
