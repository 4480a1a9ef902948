#include "impair/bottleneck.h"

#include <algorithm>

namespace netlab {

std::optional<Instant> Bottleneck::pass(Instant now, std::size_t size) {
  if (rate_ == 0) return now;
  while (!starts_.empty() && starts_.front() <= now) starts_.pop_front();
  const bool must_wait = free_at_ > now;
  if (must_wait && starts_.size() >= queue_) return std::nullopt;
  if (must_wait) starts_.push_back(free_at_);
  const std::chrono::duration<double> time(static_cast<double>(size) / static_cast<double>(rate_));
  free_at_ = add_saturating(std::max(free_at_, now), std::chrono::duration_cast<Duration>(time));
  return free_at_;
}

}  // namespace netlab
