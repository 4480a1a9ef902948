#include "transport/reliable/state/rtt.h"

#include <algorithm>

namespace netlab::reliable {

void RttEstimator::sample(Duration latest, Duration peer_waited) {
  latest_rtt_ = latest;
  if (!measured_) {
    measured_ = true;
    min_rtt_ = latest;
    smoothed_rtt_ = latest;
    rttvar_ = latest / 2;
    return;
  }
  min_rtt_ = std::min(min_rtt_, latest);  // never adjusted: a peer may lie about its waiting
  const Duration adjusted = latest >= min_rtt_ + peer_waited ? latest - peer_waited : latest;
  const Duration away =
      smoothed_rtt_ > adjusted ? smoothed_rtt_ - adjusted : adjusted - smoothed_rtt_;
  rttvar_ = (3 * rttvar_ + away) / 4;
  smoothed_rtt_ = (7 * smoothed_rtt_ + adjusted) / 8;
}

Duration RttEstimator::loss_delay() const {
  return std::max(std::max(latest_rtt_, smoothed_rtt_) * 9 / 8, granularity);
}

Duration RttEstimator::probe_timeout(Duration peer_waits_at_most) const {
  return smoothed_rtt_ + std::max(4 * rttvar_, granularity) + peer_waits_at_most;
}

}  // namespace netlab::reliable
