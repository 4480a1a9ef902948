// Congestion is the interface of the congestion control algorithms, one per file. From
// acknowledgements and losses it computes the congestion window (bytes that may be in flight) and
// the pacing rate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "transport/reliable/state/rtt.h"

namespace netlab::reliable {

// What one ACK reports to congestion control.
struct AckEvent {
  Instant now;
  Instant sent;                  // when the newest acknowledged packet was sent
  std::uint64_t bytes = 0;       // newly acknowledged
  std::uint64_t in_flight = 0;   // before this ACK, newly acknowledged bytes included
  bool window_was_full = false;  // if not, the window was not tested and must not grow
  double rate = 0;               // delivery rate in bytes per second; 0: unknown
  bool app_limited = false;      // the rate was limited by the application
  bool round_is_over = false;    // a packet sent after the end of the last round was acknowledged
};

class Congestion {
 public:
  virtual ~Congestion() = default;

  virtual void on_acknowledged(const AckEvent& event, const RttEstimator& rtt) = 0;
  // `sent`: when the newest lost packet was sent. Losses within one RTT are one congestion event.
  virtual void on_lost(Instant now, Instant sent, std::uint64_t bytes) = 0;
  // All packets over a long period were lost, so earlier estimates are void (RFC 9002 section 7.6).
  virtual void on_persistent_congestion() = 0;
  // The path MTU has changed. `max_datagram_size` of RFC 9002, in bytes.
  virtual void set_max_datagram_size(std::uint64_t bytes) = 0;
  // The congestion window: bytes that may be in flight.
  virtual std::uint64_t window() const = 0;
  // Bytes per second; 0: not paced.
  virtual double pacing_rate(const RttEstimator& rtt) const = 0;
};

struct CongestionRow {
  std::string_view name;
  std::string_view summary;
  // `max_datagram_size`: its initial value, in bytes.
  std::unique_ptr<Congestion> (*make)(std::uint64_t max_datagram_size);
};

// All algorithms; the first is the default.
std::span<const CongestionRow> congestion_controls();
const CongestionRow* congestion_named(std::string_view name);

// Shared by the algorithms (RFC 9002 sections 7.2 and 7.7).
constexpr std::uint64_t initial_window(std::uint64_t max_datagram_size) {
  const std::uint64_t limit =
      std::uint64_t{14'720} > 2 * max_datagram_size ? 14'720 : 2 * max_datagram_size;
  return 10 * max_datagram_size < limit ? 10 * max_datagram_size : limit;
}
constexpr std::uint64_t min_window(std::uint64_t max_datagram_size) {
  return 2 * max_datagram_size;
}
// Pacing rate: a little more than one window per RTT, so that the window is the limit and not the
// pacer. In bytes per second.
double window_rate(std::uint64_t window, const RttEstimator& rtt);

}  // namespace netlab::reliable
