// retry() runs an attempt, and repeats it after a temporary error, with growing pauses.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>

#include "base/clock.h"
#include "command/shared/backoff.h"

namespace netlab {

// What an attempt knows, and what it reports while it runs.
struct Attempt {
  bool is_last = true;         // no retry follows, unless it makes progress
  bool made_progress = false;  // restarts the count of retries, and the pauses
  bool is_repeatable = true;   // false: it has used up its input, or written some of its output
};

struct RetryPolicy {
  std::uint64_t retries = 0;  // at most, in a row without progress
  Backoff backoff;
};

// Whether a retry may succeed: after network errors, but not after disk errors, usage errors, or
// ECANCELED, with which a wait or a connection was ended on purpose.
bool is_transient(const std::exception& error);

// Called before each retry, with the error of the attempt and the duration to sleep.
using SleepAfter = std::function<void(const std::exception& error, Duration pause)>;

// Throws the error of the last attempt.
void retry(RetryPolicy policy, const std::function<void(Attempt&)>& run, const SleepAfter& sleep);

}  // namespace netlab
