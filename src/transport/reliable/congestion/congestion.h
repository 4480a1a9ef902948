// Congestion decides how many bytes may be on their way, from what the network lets through: one
// interface, and an algorithm a file. It knows nothing of what the bytes are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "transport/reliable/state/rtt.h"

namespace netlab::reliable {

// What one acknowledgement has told.
struct AckEvent {
  Instant now;
  Instant sent;                  // when the newest packet of it was sent
  std::uint64_t bytes = 0;       // of all its packets, each told for the first time
  std::uint64_t in_flight = 0;   // when it came, those included
  bool window_was_full = false;  // or else the window says nothing about the network
  double rate = 0;               // bytes a second at which they were delivered; 0: not known
  bool app_limited = false;      // there was no more to send
  bool round_is_over = false;    // a packet sent after the last round's end was acknowledged
};

class Congestion {
 public:
  virtual ~Congestion() = default;

  virtual void on_acknowledged(const AckEvent& event, const RttEstimator& rtt) = 0;
  // `sent`: when the newest of the lost packets was. Losses of one round trip are one event.
  virtual void on_lost(Instant now, Instant sent, std::uint64_t bytes) = 0;
  // Nothing came through for so long that what was known is worth nothing (section 7.6).
  virtual void on_persistent_congestion() = 0;
  // The path was found to carry datagrams of so many bytes: the unit of what is below.
  virtual void set_datagram(std::uint64_t bytes) = 0;
  // Bytes that may be on their way.
  virtual std::uint64_t window() const = 0;
  // Bytes a second at which to send.
  virtual double pacing_rate(const RttEstimator& rtt) const = 0;
};

struct CongestionRow {
  std::string_view name;
  std::string_view summary;
  // `datagram`: bytes of a packet, as it is at the beginning.
  std::unique_ptr<Congestion> (*make)(std::uint64_t datagram);
};

// The only list of them; the first is the default.
std::span<const CongestionRow> congestion_controls();
const CongestionRow* congestion_named(std::string_view name);

// What they have in common (RFC 9002 sections 7.2 and 7.7).
constexpr std::uint64_t initial_window(std::uint64_t datagram) {
  const std::uint64_t most = std::uint64_t{14'720} > 2 * datagram ? 14'720 : 2 * datagram;
  return 10 * datagram < most ? 10 * datagram : most;
}
constexpr std::uint64_t min_window(std::uint64_t datagram) {
  return 2 * datagram;
}
// A little more than a window each round trip: the window, and not the pace, shall be the limit.
double window_rate(std::uint64_t window, const RttEstimator& rtt);

}  // namespace netlab::reliable
