// RateLimiter and MinimumRate bound the rate of a transfer. RateLimiter sleeps after each piece to
// keep below a rate; MinimumRate gives each piece a deadline, which ends a transfer that is too
// slow.
#pragma once

#include <cstdint>

#include "transport/network.h"

namespace netlab {

class RateLimiter {
 public:
  // `rate` in bytes/s; 0: unlimited.
  RateLimiter(std::uint64_t rate, Network& network) : rate_(rate), network_(network) {}

  std::uint64_t rate() const { return rate_; }
  // The number of bytes to transfer before the next account(): at most `max_bytes`, and at most
  // what the rate allows in 1/8 s; at least 1.
  std::uint64_t chunk(std::uint64_t max_bytes) const;
  // Call after transferring `bytes`: sleeps until the rate allows more.
  void account(std::uint64_t bytes);

 private:
  std::uint64_t rate_;
  Network& network_;
  Instant free_at_{};  // when the rate allows the next bytes
};

// Each piece of a transfer has one deadline; single bytes that arrive do not extend it.
class MinimumRate {
 public:
  // Each piece of `bytes` must be transferred within `time`, the first from now on. If we limit the
  // rate ourselves (`limit_rate` bytes/s, 0: unlimited), a piece is at most one second's worth and
  // gets one second more.
  MinimumRate(std::uint64_t bytes, Duration time, std::uint64_t limit_rate, const Network& network);
  // For a peer that may be silent for `response_timeout`: 16 KiB within ten times that.
  static MinimumRate of(Duration response_timeout, std::uint64_t limit_rate,
                        const Network& network);

  // The deadline of the current piece.
  Instant deadline() const { return deadline_; }
  // The same, but at most `response_timeout` from now.
  Instant deadline(Duration response_timeout) const;
  // Call after transferring `bytes`: a complete piece starts the next one.
  void account(std::uint64_t bytes);

 private:
  std::uint64_t bytes_;  // per piece
  Duration time_;        // per piece
  const Network& network_;
  Instant deadline_;
  std::uint64_t in_piece_ = 0;  // bytes of the current piece transferred so far
};

}  // namespace netlab
