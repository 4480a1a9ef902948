// RoundTrip estimates how long a packet and its acknowledgement take (RFC 9002 section 5). As no
// packet number is used twice, each sample is of one packet: TCP's trouble, not to know which of
// two transmissions was acknowledged (Karn's algorithm, RFC 6298), does not arise.
#pragma once

#include "base/clock.h"

namespace netlab::reliable {

inline constexpr Duration initial_round_trip = std::chrono::milliseconds(333);
inline constexpr Duration granularity = std::chrono::milliseconds(1);

class RoundTrip {
 public:
  // `peer_waited`: how long the peer kept its acknowledgement back.
  void sample(Duration latest, Duration peer_waited);

  bool is_measured() const { return measured_; }
  Duration latest() const { return latest_; }
  Duration smallest() const { return smallest_; }
  Duration smoothed() const { return smoothed_; }
  Duration variation() const { return variation_; }

  // How long after a packet a later one's acknowledgement says that it is lost (section 6.1.2).
  Duration loss_delay() const;
  // How long to wait for any acknowledgement before a probe is sent (section 6.2.1).
  Duration probe_timeout(Duration peer_waits_at_most) const;

 private:
  bool measured_ = false;
  Duration latest_{};
  Duration smallest_{};
  Duration smoothed_ = initial_round_trip;
  Duration variation_ = initial_round_trip / 2;
};

}  // namespace netlab::reliable
