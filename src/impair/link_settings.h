// LinkSettings are the impairments of one direction of a network, named after those of netem(8).
// The defaults impair nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace netlab {

// A range of packets by their ordinals, both ends included; the first packet is number 1.
struct OrdinalRange {
  std::uint64_t first;
  std::uint64_t last;
};

// `loss`, `duplicate`, `reorder` and `corrupt` are probabilities from 0, never, to 1, always.
struct LinkSettings {
  double loss = 0;
  // Mean number of packets lost in a row (the Gilbert model), at least 1; 0: losses are
  // independent. `loss` is at most burst / (burst + 1), or 1.
  double burst = 0;
  Duration delay{};
  Duration jitter{};  // random variation of the delay, at most plus or minus this much
  double duplicate = 0;
  double reorder = 0;
  Duration reorder_by = std::chrono::milliseconds(10);  // how long a reordered packet is held back
  double corrupt = 0;
  std::uint64_t rate = 0;          // bytes per second; 0: unlimited
  std::size_t queue = 100;         // maximum number of packets queued by the rate limit
  std::vector<OrdinalRange> drop;  // packets to drop
  std::uint64_t drop_every = 0;    // drop every Nth packet, e.g. 7: the 7th, 14th, 21st; 0: none
};

}  // namespace netlab
