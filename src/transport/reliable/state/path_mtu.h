// PathMtu searches how large a datagram the path carries (RFC 8899): it begins with what every path
// does, tries larger ones with PINGs that nobody misses when they are lost, and falls back when the
// path stops to carry what it did, which it need not say (a black hole).
#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "transport/reliable/wire/packet.h"

namespace netlab::reliable {

class PathMtu {
 public:
  // `largest`: what both ends take.
  explicit PathMtu(std::size_t largest) : largest_(largest) {}

  // Bytes of a datagram that the path carries, as far as is known.
  std::size_t size() const { return size_; }
  // The size of the probe that should be sent now; nothing when there is none to be sent.
  std::optional<std::size_t> probe(Instant now);

  void on_probe_sent(std::size_t size);
  void on_probe_acked(std::size_t size);
  void on_probe_lost(Instant now, std::size_t size);
  // Large packets were lost again and again, as they are on a path that carries no more of them, or
  // was broken for a while: the size is tried anew.
  void fall_back(Instant now);

 private:
  static constexpr unsigned int max_attempts = 3;              // MAX_PROBES
  static constexpr Duration pause = std::chrono::minutes(10);  // PMTU_RAISE_TIMER
  static constexpr Duration after_fall_back = std::chrono::seconds(60);

  // The next size to try; nothing beyond the largest.
  std::optional<std::size_t> next_size() const;

  const std::size_t largest_;
  std::size_t size_ = base_packet_size;
  std::size_t probed_ = 0;   // 0: no probe is on its way
  std::size_t doubted_ = 0;  // what it was before the fall back; 0: known
  unsigned int attempts_ = 0;
  Instant not_before_{};
};

}  // namespace netlab::reliable
