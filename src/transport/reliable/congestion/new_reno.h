// NewReno, as QUIC has it (RFC 9002 section 7 and appendix B): the window doubles each round trip
// until the first loss, then grows by one packet a round trip, and is halved by each loss.
#pragma once

#include "transport/reliable/congestion/congestion.h"

namespace netlab::reliable {

class NewReno : public Congestion {
 public:
  explicit NewReno(std::uint64_t datagram) : datagram_(datagram), cwnd_(initial_window(datagram)) {}

  void on_acknowledged(const AckEvent& event, const RttEstimator& rtt) override;
  void on_lost(Instant now, Instant sent, std::uint64_t bytes) override;
  void on_persistent_congestion() override;
  void set_datagram(std::uint64_t bytes) override;
  std::uint64_t window() const override { return cwnd_; }
  double pacing_rate(const RttEstimator& rtt) const override { return window_rate(cwnd_, rtt); }

 private:
  std::uint64_t datagram_;
  std::uint64_t cwnd_;
  std::uint64_t ssthresh_ = UINT64_MAX;    // the RFC's ssthresh
  std::optional<Instant> recovery_start_;  // losses of packets from before are the same event
};

}  // namespace netlab::reliable
