// FixedWindow is the absence of congestion control: only the negotiated window of packets limits
// the sender. It is used to compare ARQ strategies on a link that is not shared.
#pragma once

#include <limits>

#include "transport/reliable/congestion/congestion.h"

namespace netlab::simulated {

class FixedWindow : public reliable::Congestion {
 public:
  void on_acknowledged(const reliable::AckEvent&, const reliable::RttEstimator&) override {}
  void on_lost(Instant, Instant, std::uint64_t) override {}
  void on_persistent_congestion() override {}
  void set_max_datagram_size(std::uint64_t) override {}
  std::uint64_t window() const override { return std::numeric_limits<std::uint64_t>::max(); }
  double pacing_rate(const reliable::RttEstimator&) const override { return 0; }  // not paced
};

inline constexpr reliable::CongestionRow fixed_window{
    "none", "no congestion control, only the negotiated window",
    [](std::uint64_t) -> std::unique_ptr<reliable::Congestion> {
      return std::make_unique<FixedWindow>();
    }};

}  // namespace netlab::simulated
