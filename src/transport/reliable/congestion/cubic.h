// CUBIC (RFC 9438): after a loss the window returns to its old size along a cubic curve, fast at
// first, slowly near W_max, then fast beyond it. The growth depends on time and not on the RTT, so
// CUBIC fills long fat networks better than NewReno. The names are the RFC's.
#pragma once

#include "transport/reliable/congestion/congestion.h"

namespace netlab::reliable {

class Cubic : public Congestion {
 public:
  explicit Cubic(std::uint64_t max_datagram_size)
      : max_datagram_size_(static_cast<double>(max_datagram_size)),
        cwnd_(static_cast<double>(initial_window(max_datagram_size)) / max_datagram_size_) {}

  void on_acknowledged(const AckEvent& event, const RttEstimator& rtt) override;
  void on_lost(Instant now, Instant sent, std::uint64_t bytes) override;
  void on_persistent_congestion() override;
  void set_max_datagram_size(std::uint64_t bytes) override;
  std::uint64_t window() const override {
    return static_cast<std::uint64_t>(cwnd_ * max_datagram_size_);
  }
  double pacing_rate(const RttEstimator& rtt) const override { return window_rate(window(), rtt); }

 private:
  void begin_epoch(Instant now);
  void congestion_avoidance(const AckEvent& event, const RttEstimator& rtt);

  double max_datagram_size_;
  // Windows are in units of max_datagram_size, as in the RFC.
  double cwnd_;
  double ssthresh_ = 1e18;
  double w_max_ = 0;
  double w_est_ = 0;
  double cwnd_prior_ = 0;
  double k_ = 0;
  std::optional<Instant> epoch_start_;  // when this congestion avoidance stage began
  std::optional<Instant> recovery_start_;
};

}  // namespace netlab::reliable
