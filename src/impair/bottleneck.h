// Line is the bottleneck of a network: packets leave it one after the other, each taking its time
// by the rate, and those that have to wait stand in a queue that holds so many and no more. It has
// no clock: the time is an argument. Several links may share one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"

namespace netlab {

class Bottleneck {
 public:
  // `rate` in bytes a second, 0: none, and then nobody waits. `queue`: packets that may wait behind
  // the one that is being sent.
  Bottleneck(std::uint64_t rate, std::size_t queue) : rate_(rate), queue_(queue) {}

  // When the last byte of a packet of `size` bytes that comes now has left; nothing when the queue
  // has no room for it. `now` never goes back.
  std::optional<Instant> pass(Instant now, std::size_t size);

 private:
  std::uint64_t rate_;
  std::size_t queue_;
  Instant free_at_ = Instant::min();  // all before have left
  std::deque<Instant> starts_;        // of those that wait
};

}  // namespace netlab
