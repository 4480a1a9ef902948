// PingStatistics is the summary that ping(8) prints at the end: replies, losses and round-trip
// times.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/event.h"

namespace netlab {

class PingStatistics {
 public:
  void answered(Duration duration) { durations_.push_back(duration); }
  void lost() { ++lost_; }
  std::size_t losses() const { return lost_; }
  // Returns a percentile of the round-trip times by the nearest-rank method; `share` is from 0
  // to 1. Zero if no message was answered.
  Duration percentile(double share) const;
  Event summary() const;

 private:
  std::vector<Duration> durations_;
  std::size_t lost_ = 0;
};

}  // namespace netlab
