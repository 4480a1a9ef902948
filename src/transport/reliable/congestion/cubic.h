// CUBIC (RFC 9438): after a loss the window returns to where it was along a cubic curve, quickly at
// first, slowly near the old height, and then quickly away from it. It depends on the time and not
// on the round trip, which is why it fills long lines better than NewReno. Names in comments are
// the RFC's.
#pragma once

#include "transport/reliable/congestion/congestion.h"

namespace netlab::reliable {

class Cubic : public Congestion {
 public:
  explicit Cubic(std::uint64_t datagram)
      : datagram_(static_cast<double>(datagram)),
        window_(static_cast<double>(initial_window(datagram)) / datagram_) {}

  void on_acknowledged(const Acknowledged& news, const RoundTrip& round_trip) override;
  void on_lost(Instant now, Instant sent, std::uint64_t bytes) override;
  void on_persistent_congestion() override;
  void set_datagram(std::uint64_t bytes) override;
  std::uint64_t window() const override { return static_cast<std::uint64_t>(window_ * datagram_); }
  double pacing_rate(const RoundTrip& round_trip) const override {
    return window_rate(window(), round_trip);
  }

 private:
  void begin_epoch(Instant now);
  void avoid_congestion(const Acknowledged& news, const RoundTrip& round_trip);

  double datagram_;
  // All windows are in packets, as in the RFC.
  double window_;                  // cwnd
  double slow_start_end_ = 1e18;   // ssthresh
  double before_loss_ = 0;         // W_max
  double reno_window_ = 0;         // W_est
  double window_at_loss_ = 0;      // cwnd_prior
  double seconds_to_plateau_ = 0;  // K
  std::optional<Instant> epoch_;   // when this stage of congestion avoidance began
  std::optional<Instant> recovering_since_;
};

}  // namespace netlab::reliable
