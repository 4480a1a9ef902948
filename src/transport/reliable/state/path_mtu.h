// PathMtu searches for the largest datagram that the path carries (DPLPMTUD, RFC 8899). It starts
// at base_packet_size and probes larger sizes with PINGs, which carry no data. It falls back when
// the path silently stops carrying large packets (a black hole).
#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "transport/reliable/wire/packet.h"

namespace netlab::reliable {

class PathMtu {
 public:
  // `max_size`: the largest datagram that both ends accept, in bytes.
  explicit PathMtu(std::size_t max_size) : max_size_(max_size) {}

  // The largest datagram known to get through (PLPMTU), in bytes.
  std::size_t size() const { return size_; }
  // The size of the probe to send now, if any.
  std::optional<std::size_t> probe(Instant now);

  void on_probe_sent(std::size_t size);
  void on_probe_acked(std::size_t size);
  void on_probe_lost(Instant now, std::size_t size);
  // Large packets were lost repeatedly: the path MTU has shrunk, or the path was broken for a
  // while. Falls back to base_packet_size and probes the old size again.
  void fall_back(Instant now);

 private:
  static constexpr unsigned int max_attempts = 3;                    // MAX_PROBES
  static constexpr Duration raise_timer = std::chrono::minutes(10);  // PMTU_RAISE_TIMER
  static constexpr Duration retry_after_fall_back = std::chrono::seconds(60);

  // The next size to probe, if any.
  std::optional<std::size_t> next_size() const;

  const std::size_t max_size_;
  std::size_t size_ = base_packet_size;
  std::size_t probed_size_ = 0;            // 0: no probe is in flight
  std::size_t size_before_fall_back_ = 0;  // probed first after a fall back; 0: none
  unsigned int attempts_ = 0;
  Instant next_probe_time_{};
};

}  // namespace netlab::reliable
