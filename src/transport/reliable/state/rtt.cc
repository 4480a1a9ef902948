#include "transport/reliable/state/rtt.h"

#include <algorithm>

namespace netlab::reliable {

void RoundTrip::sample(Duration latest, Duration peer_waited) {
  latest_ = latest;
  if (!measured_) {
    measured_ = true;
    smallest_ = latest;
    smoothed_ = latest;
    variation_ = latest / 2;
    return;
  }
  smallest_ = std::min(smallest_, latest);  // never adjusted: a peer may lie about its waiting
  const Duration adjusted = latest >= smallest_ + peer_waited ? latest - peer_waited : latest;
  const Duration away = smoothed_ > adjusted ? smoothed_ - adjusted : adjusted - smoothed_;
  variation_ = (3 * variation_ + away) / 4;
  smoothed_ = (7 * smoothed_ + adjusted) / 8;
}

Duration RoundTrip::loss_delay() const {
  return std::max(std::max(latest_, smoothed_) * 9 / 8, granularity);
}

Duration RoundTrip::probe_timeout(Duration peer_waits_at_most) const {
  return smoothed_ + std::max(4 * variation_, granularity) + peer_waits_at_most;
}

}  // namespace netlab::reliable
