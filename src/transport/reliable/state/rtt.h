// RttEstimator estimates the round-trip time (RFC 9002 section 5). No packet number is used twice,
// so a sample always belongs to one transmission. TCP's retransmission ambiguity (Karn's algorithm,
// RFC 6298) does not arise.
#pragma once

#include "base/clock.h"

namespace netlab::reliable {

inline constexpr Duration initial_rtt = std::chrono::milliseconds(333);
inline constexpr Duration granularity = std::chrono::milliseconds(1);

class RttEstimator {
 public:
  // `ack_delay`: how long the peer delayed its acknowledgement.
  void sample(Duration latest, Duration ack_delay);

  bool is_measured() const { return is_measured_; }
  Duration latest_rtt() const { return latest_rtt_; }
  Duration min_rtt() const { return min_rtt_; }
  Duration smoothed_rtt() const { return smoothed_rtt_; }
  Duration rttvar() const { return rttvar_; }

  // The time threshold: how long after it was sent a packet is declared lost once a later packet
  // was acknowledged (section 6.1.2).
  Duration loss_delay() const;
  // The PTO: how long to wait for any acknowledgement before a probe is sent (section 6.2.1).
  Duration probe_timeout(Duration peer_max_ack_delay) const;

 private:
  bool is_measured_ = false;
  Duration latest_rtt_{};
  Duration min_rtt_{};
  Duration smoothed_rtt_ = initial_rtt;
  Duration rttvar_ = initial_rtt / 2;
};

}  // namespace netlab::reliable
