// The clock that deadlines are told in: it only goes forward, whatever the wall clock does.
#pragma once

#include <chrono>

namespace netlab {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Duration = Clock::duration;

inline constexpr Instant never = Instant::max();

// `instant` + `duration`, where `never` and the far future stay `never`.
inline Instant add_saturating(Instant instant, Duration duration) {
  return duration >= never - instant ? never : instant + duration;
}

inline double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace netlab
