// NewReno, as QUIC has it (RFC 9002 section 7 and appendix B): the window doubles each round trip
// until the first loss, then grows by one packet a round trip, and is halved by each loss.
#pragma once

#include "transport/reliable/congestion/congestion.h"

namespace netlab::reliable {

class NewReno : public Congestion {
 public:
  explicit NewReno(std::uint64_t datagram)
      : datagram_(datagram), window_(initial_window(datagram)) {}

  void on_acknowledged(const Acknowledged& news, const RoundTrip& round_trip) override;
  void on_lost(Instant now, Instant sent, std::uint64_t bytes) override;
  void on_persistent_congestion() override;
  void set_datagram(std::uint64_t bytes) override;
  std::uint64_t window() const override { return window_; }
  double pacing_rate(const RoundTrip& round_trip) const override {
    return window_rate(window_, round_trip);
  }

 private:
  std::uint64_t datagram_;
  std::uint64_t window_;
  std::uint64_t slow_start_end_ = UINT64_MAX;  // the RFC's ssthresh
  std::optional<Instant> recovering_since_;    // losses of packets from before are the same event
};

}  // namespace netlab::reliable
