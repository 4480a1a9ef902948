#include "transport/reliable/state/rtt.h"

#include <algorithm>

namespace netlab::reliable {

void RttEstimator::sample(Duration latest, Duration ack_delay) {
  latest_rtt_ = latest;
  if (!is_measured_) {
    is_measured_ = true;
    min_rtt_ = latest;
    smoothed_rtt_ = latest;
    rttvar_ = latest / 2;
    return;
  }
  min_rtt_ = std::min(min_rtt_, latest);  // not adjusted: a peer may lie about its ACK delay
  const Duration adjusted_rtt = latest >= min_rtt_ + ack_delay ? latest - ack_delay : latest;
  const Duration rttvar_sample =
      smoothed_rtt_ > adjusted_rtt ? smoothed_rtt_ - adjusted_rtt : adjusted_rtt - smoothed_rtt_;
  rttvar_ = (3 * rttvar_ + rttvar_sample) / 4;
  smoothed_rtt_ = (7 * smoothed_rtt_ + adjusted_rtt) / 8;
}

Duration RttEstimator::loss_delay() const {
  return std::max(std::max(latest_rtt_, smoothed_rtt_) * 9 / 8, granularity);
}

Duration RttEstimator::probe_timeout(Duration peer_max_ack_delay) const {
  return smoothed_rtt_ + std::max(4 * rttvar_, granularity) + peer_max_ack_delay;
}

}  // namespace netlab::reliable
