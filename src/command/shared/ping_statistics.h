// PingStatistics is what ping(8) tells at its end: how many messages were answered, and how fast.
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
  // Of those that were answered; `share` from 0 to 1, by the nearest rank. Zero when none was.
  Duration percentile(double share) const;
  Event summary() const;

 private:
  std::vector<Duration> durations_;
  std::size_t lost_ = 0;
};

}  // namespace netlab
