// RttEstimator estimates how long a packet and its acknowledgement take (RFC 9002 section 5). As no
// packet number is used twice, each sample is of one packet: TCP's trouble, not to know which of
// two transmissions was acknowledged (Karn's algorithm, RFC 6298), does not arise.
#pragma once

#include "base/clock.h"

namespace netlab::reliable {

inline constexpr Duration initial_rtt = std::chrono::milliseconds(333);
inline constexpr Duration granularity = std::chrono::milliseconds(1);

class RttEstimator {
 public:
  // `peer_waited`: how long the peer kept its acknowledgement back.
  void sample(Duration latest, Duration peer_waited);

  bool is_measured() const { return measured_; }
  Duration latest_rtt() const { return latest_rtt_; }
  Duration min_rtt() const { return min_rtt_; }
  Duration smoothed_rtt() const { return smoothed_rtt_; }
  Duration rttvar() const { return rttvar_; }

  // How long after a packet a later one's acknowledgement says that it is lost (section 6.1.2).
  Duration loss_delay() const;
  // How long to wait for any acknowledgement before a probe is sent (section 6.2.1).
  Duration probe_timeout(Duration peer_waits_at_most) const;

 private:
  bool measured_ = false;
  Duration latest_rtt_{};
  Duration min_rtt_{};
  Duration smoothed_rtt_ = initial_rtt;
  Duration rttvar_ = initial_rtt / 2;
};

}  // namespace netlab::reliable
