// The instant at which a test's time begins: not the clock's first, which stands for "none yet" in
// places.
#pragma once

#include "base/clock.h"

namespace netlab {

inline constexpr Instant start = Instant() + std::chrono::hours(1);

}  // namespace netlab
