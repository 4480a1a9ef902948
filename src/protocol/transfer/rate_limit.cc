#include "protocol/transfer/rate_limit.h"

#include <algorithm>

namespace netlab {

std::uint64_t RateLimiter::chunk(std::uint64_t max_bytes) const {
  if (rate_ == 0) return max_bytes;
  return std::clamp<std::uint64_t>(rate_ / 8, 1, max_bytes);
}

void RateLimiter::account(std::uint64_t bytes) {
  if (rate_ == 0) return;
  const std::chrono::duration<double> time(static_cast<double>(bytes) / static_cast<double>(rate_));
  free_at_ = add_saturating(std::max(free_at_, network_.now()),
                            std::chrono::duration_cast<Duration>(time));
  network_.sleep_until(free_at_);
}

MinimumRate::MinimumRate(std::uint64_t bytes, Duration time, std::uint64_t limit_rate,
                         const Network& network)
    : bytes_(limit_rate == 0 ? bytes : std::min(bytes, limit_rate)),
      time_(limit_rate == 0 ? time : time + std::chrono::seconds(1)),
      network_(network),
      deadline_(add_saturating(network.now(), time_)) {}

MinimumRate MinimumRate::of(Duration response_timeout, std::uint64_t limit_rate,
                            const Network& network) {
  constexpr std::uint64_t piece = 16 * 1024;
  constexpr int timeouts = 10;
  return {piece, std::min(response_timeout, Duration::max() / (2 * timeouts)) * timeouts,
          limit_rate, network};
}

Instant MinimumRate::deadline(Duration response_timeout) const {
  return std::min(deadline_, add_saturating(network_.now(), response_timeout));
}

void MinimumRate::account(std::uint64_t bytes) {
  in_piece_ += bytes;
  if (in_piece_ < bytes_) return;
  in_piece_ = 0;
  deadline_ = add_saturating(network_.now(), time_);
}

}  // namespace netlab
