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
        cwnd_(static_cast<double>(initial_window(datagram)) / datagram_) {}

  void on_acknowledged(const AckEvent& event, const RttEstimator& rtt) override;
  void on_lost(Instant now, Instant sent, std::uint64_t bytes) override;
  void on_persistent_congestion() override;
  void set_datagram(std::uint64_t bytes) override;
  std::uint64_t window() const override { return static_cast<std::uint64_t>(cwnd_ * datagram_); }
  double pacing_rate(const RttEstimator& rtt) const override { return window_rate(window(), rtt); }

 private:
  void begin_epoch(Instant now);
  void avoid_congestion(const AckEvent& event, const RttEstimator& rtt);

  double datagram_;
  // All windows are in packets, as in the RFC.
  double cwnd_;                   // cwnd
  double ssthresh_ = 1e18;        // ssthresh
  double w_max_ = 0;              // W_max
  double w_est_ = 0;              // W_est
  double cwnd_prior_ = 0;         // cwnd_prior
  double k_ = 0;                  // K
  std::optional<Instant> epoch_;  // when this stage of congestion avoidance began
  std::optional<Instant> recovery_start_;
};

}  // namespace netlab::reliable
