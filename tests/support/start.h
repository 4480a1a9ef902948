// The instant at which a test's virtual time starts. It is not the clock's epoch, which means "none
// yet" in some variables.
#pragma once

#include "base/clock.h"

namespace netlab {

inline constexpr Instant start = Instant() + std::chrono::hours(1);

}  // namespace netlab
