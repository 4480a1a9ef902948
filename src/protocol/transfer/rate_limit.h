// RateLimiter keeps a transfer to a rate: after each piece it waits until that piece has had its
// time. MinimumRate ends one that only trickles.
#pragma once

#include <cstdint>

#include "transport/network.h"

namespace netlab {

class RateLimiter {
 public:
  // `rate` in bytes a second; 0: as fast as it goes.
  RateLimiter(std::uint64_t rate, Network& network) : rate_(rate), network_(network) {}

  // How much to move before the next call of moved(): at most `most` bytes, and an eighth of a
  // second's worth.
  std::uint64_t chunk(std::uint64_t most) const;
  void account(std::uint64_t bytes);

 private:
  std::uint64_t rate_;
  Network& network_;
  Instant free_at_{};
};

// Each piece of a transfer has one deadline: a peer that moves a byte now and then does not move it
// on.
class MinimumRate {
 public:
  // So many bytes have `time`; where we ourselves keep to `limit_rate`, at most a second's worth
  // has that second as well. It begins now.
  MinimumRate(std::uint64_t bytes, Duration time, std::uint64_t limit_rate, const Network& network);
  // Of a peer that may be silent for a while: 16 KiB have ten times as long.
  static MinimumRate of(Duration response_timeout, std::uint64_t limit_rate,
                        const Network& network);

  Instant deadline() const { return deadline_; }
  // The same, or before it that of a byte at all.
  Instant deadline(Duration response_timeout) const;
  void account(std::uint64_t bytes);

 private:
  std::uint64_t bytes_;
  Duration time_;
  const Network& network_;
  Instant deadline_;
  std::uint64_t in_piece_ = 0;
};

}  // namespace netlab
