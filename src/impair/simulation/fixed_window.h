// FixedWindow sends as fast as the agreed window of packets lets it, whatever is lost: for a line
// that nobody shares, where the strategies shall be compared and not the congestion control.
#pragma once

#include <limits>

#include "transport/reliable/congestion/congestion.h"

namespace netlab::simulated {

class FixedWindow : public reliable::Congestion {
 public:
  void on_acknowledged(const reliable::AckEvent&, const reliable::RttEstimator&) override {}
  void on_lost(Instant, Instant, std::uint64_t) override {}
  void on_persistent_congestion() override {}
  void set_datagram(std::uint64_t) override {}
  std::uint64_t window() const override { return std::numeric_limits<std::uint64_t>::max(); }
  double pacing_rate(const reliable::RttEstimator&) const override { return 0; }  // at once
};

inline constexpr reliable::CongestionRow fixed_window{
    "none", "the window alone", [](std::uint64_t) -> std::unique_ptr<reliable::Congestion> {
      return std::make_unique<FixedWindow>();
    }};

}  // namespace netlab::simulated
