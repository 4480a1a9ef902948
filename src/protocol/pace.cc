#include "protocol/pace.h"

#include <algorithm>

namespace netlab {

std::uint64_t Pace::piece(std::uint64_t most) const {
  if (rate_ == 0) return most;
  return std::clamp<std::uint64_t>(rate_ / 8, 1, most);
}

void Pace::moved(std::uint64_t bytes) {
  if (rate_ == 0) return;
  const std::chrono::duration<double> worth(static_cast<double>(bytes) /
                                            static_cast<double>(rate_));
  free_at_ = later(std::max(free_at_, network_.now()), std::chrono::duration_cast<Duration>(worth));
  network_.sleep_until(free_at_);
}

}  // namespace netlab
