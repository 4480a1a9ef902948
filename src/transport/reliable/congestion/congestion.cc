#include "transport/reliable/congestion/congestion.h"

#include <algorithm>

#include "transport/reliable/congestion/bbr.h"
#include "transport/reliable/congestion/cubic.h"
#include "transport/reliable/congestion/new_reno.h"

namespace netlab::reliable {
namespace {

template <typename Control>
std::unique_ptr<Congestion> make(std::uint64_t datagram) {
  return std::make_unique<Control>(datagram);
}

constexpr CongestionRow rows[] = {
    {"bbr", "measures the path's rate and round trip, and heeds no single loss", make<Bbr>},
    {"cubic", "a cubic curve back to where it was lost (RFC 9438)", make<Cubic>},
    {"newreno", "one packet more each round trip, half after a loss (RFC 9002)", make<NewReno>},
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
  // The latest, if it is shorter: a peer that was busy when it was first asked answers at once now.
  const auto shorter = std::min(rtt.smoothed_rtt(), rtt.latest_rtt());
  const auto round = std::max<Duration>(shorter, std::chrono::microseconds(1));
  return 1.25 * static_cast<double>(window) / in_seconds(round);
}

}  // namespace netlab::reliable
