// LinkSettings is how bad one direction of a network shall be. As it is here, it is perfect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace netlab {

// Packets by their ordinals, both included; the first packet is number 1.
struct OrdinalRange {
  std::uint64_t first;
  std::uint64_t last;
};

// Shares are from 0, never, to 1, always.
struct LinkSettings {
  double loss = 0;
  // The mean length of a run of lost packets, at least 1; 0: each is lost or not for itself.
  // `loss` is at most burst / (burst + 1), or 1.
  double burst = 0;
  Duration delay{};
  Duration jitter{};  // at most so much is added to the delay, or taken off
  double duplicate = 0;
  double reorder = 0;
  Duration reorder_by = std::chrono::milliseconds(10);  // how long such a packet is held back
  double corrupt = 0;
  std::uint64_t rate = 0;   // bytes a second; 0: any
  std::size_t queue = 100;  // packets that may wait for the rate
  std::vector<OrdinalRange> drop;
  std::uint64_t drop_every = 0;  // the 7th, 14th, 21st, ...; 0: none
};

}  // namespace netlab
