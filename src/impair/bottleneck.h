// Bottleneck models the slowest hop of a path: it sends packets one after the other at a fixed
// rate, and queues the packets that arrive meanwhile, up to a limit (rate and limit in netem(8)).
// It has no clock: the time is an argument. Several links may share one. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"

namespace netlab {

class Bottleneck {
 public:
  // `rate` in bytes per second; 0: unlimited, so nothing is queued. `queue`: maximum number of
  // packets that wait while another one is being sent.
  Bottleneck(std::uint64_t rate, std::size_t queue) : rate_(rate), queue_(queue) {}

  // Takes a packet of `size` bytes. Returns when its last byte has been sent, or nullopt if the
  // queue is full and the packet is dropped. `now` must not decrease.
  std::optional<Instant> pass(Instant now, std::size_t size);

 private:
  std::uint64_t rate_;
  std::size_t queue_;
  Instant free_at_ = Instant::min();  // when all packets so far have been sent
  std::deque<Instant> starts_;        // when each queued packet starts to be sent
};

}  // namespace netlab
