// Pace keeps a transfer to a rate: after each piece it waits until that piece has had its time.
#pragma once

#include <cstdint>

#include "transport/network.h"

namespace netlab {

class Pace {
 public:
  // `rate` in bytes a second; 0: as fast as it goes.
  Pace(std::uint64_t rate, Network& network) : rate_(rate), network_(network) {}

  // How much to move before the next call of moved(): at most `most` bytes, and an eighth of a
  // second's worth.
  std::uint64_t piece(std::uint64_t most) const;
  void moved(std::uint64_t bytes);

 private:
  std::uint64_t rate_;
  Network& network_;
  Instant free_at_{};
};

}  // namespace netlab
