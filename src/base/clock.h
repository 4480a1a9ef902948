// The monotonic clock of all deadlines: changes of the wall clock do not affect it.
#pragma once

#include <chrono>

namespace netlab {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Duration = Clock::duration;

inline constexpr Instant never = Instant::max();

// `instant` + `duration`; `never` if the sum would reach or exceed it.
inline Instant add_saturating(Instant instant, Duration duration) {
  return duration >= never - instant ? never : instant + duration;
}

inline double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace netlab
