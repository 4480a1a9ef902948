// NewReno for QUIC (RFC 9002 section 7 and appendix B). In slow start the window doubles each RTT.
// In congestion avoidance it grows by one packet per RTT. Each congestion event halves it.
#pragma once

#include "transport/reliable/congestion/congestion.h"

namespace netlab::reliable {

class NewReno : public Congestion {
 public:
  explicit NewReno(std::uint64_t max_datagram_size)
      : max_datagram_size_(max_datagram_size), cwnd_(initial_window(max_datagram_size)) {}

  void on_acknowledged(const AckEvent& event, const RttEstimator& rtt) override;
  void on_lost(Instant now, Instant sent, std::uint64_t bytes) override;
  void on_persistent_congestion() override;
  void set_max_datagram_size(std::uint64_t bytes) override;
  std::uint64_t window() const override { return cwnd_; }
  double pacing_rate(const RttEstimator& rtt) const override { return window_rate(cwnd_, rtt); }

 private:
  std::uint64_t max_datagram_size_;
  std::uint64_t cwnd_;
  std::uint64_t ssthresh_ = UINT64_MAX;
  std::optional<Instant> recovery_start_;  // earlier packets belong to the same event
};

}  // namespace netlab::reliable
