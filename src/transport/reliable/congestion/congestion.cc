#include "transport/reliable/congestion/congestion.h"

#include <algorithm>

#include "transport/reliable/congestion/bbr.h"
#include "transport/reliable/congestion/cubic.h"
#include "transport/reliable/congestion/new_reno.h"

namespace netlab::reliable {
namespace {

template <typename Control>
std::unique_ptr<Congestion> make(std::uint64_t max_datagram_size) {
  return std::make_unique<Control>(max_datagram_size);
}

constexpr CongestionRow rows[] = {
    {"bbr", "models the path's bandwidth and RTT, ignores single losses", make<Bbr>},
    {"cubic", "grows the window along a cubic curve after a loss (RFC 9438)", make<Cubic>},
    {"newreno", "adds one packet per RTT, halves the window on a loss (RFC 9002)", make<NewReno>},
};

}  // namespace

std::span<const CongestionRow> congestion_controls() {
  return rows;
}

const CongestionRow* congestion_named(std::string_view name) {
  const auto row = std::ranges::find(rows, name, &CongestionRow::name);
  return row == std::end(rows) ? nullptr : &*row;
}

double window_rate(std::uint64_t window, const RttEstimator& rtt) {
  // The latest RTT if it is shorter: a peer that was busy during the handshake may reply at once
  // now.
  const auto shorter_rtt = std::min(rtt.smoothed_rtt(), rtt.latest_rtt());
  const auto floored_rtt = std::max<Duration>(shorter_rtt, std::chrono::microseconds(1));
  return 1.25 * static_cast<double>(window) / in_seconds(floored_rtt);
}

}  // namespace netlab::reliable
