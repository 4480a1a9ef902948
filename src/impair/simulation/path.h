// Path is one direction of a simulated network: a Link that decides, with the packets that are on
// their way, in virtual time. What is too large for it, or falls into a blackout, is gone.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "impair/link.h"

namespace netlab::simulated {

// From one instant to another, counted from the beginning of the simulation.
struct Interval {
  Duration from;
  Duration to;
};

struct PathSettings {
  LinkSettings link;
  // Bytes a second of the line that leads there: what is lost behind it has taken its time, which
  // it has not on the link's own. 0: any.
  std::uint64_t rate = 0;
  std::size_t mtu = 1472;        // bytes of a datagram
  std::size_t later_mtu = 1472;  // from `mtu_changes` on
  Duration mtu_changes = Duration::max();
  std::vector<Interval> blackouts;
  // Somebody who sends into it, of each so many packets: one again, long after; and one of the same
  // kind under another id. 0: nobody.
  std::uint64_t inject_every = 0;
};

class Path {
 public:
  Path(const PathSettings& settings, std::uint64_t seed, std::uint64_t stream, Instant start)
      : settings_(settings),
        bottleneck_(settings.rate, endless),
        link_(settings.link, seed, stream),
        start_(start) {}

  // What becomes of the packet, in a word for the log.
  const char* send(Instant now, std::span<const std::byte> datagram);
  // When the next packet comes out; `never` when none is on its way.
  Instant next() const { return coming_.empty() ? never : coming_.begin()->first; }
  std::vector<std::byte> take();

 private:
  static constexpr std::size_t endless = std::numeric_limits<std::size_t>::max();

  void inject(Instant at, std::span<const std::byte> datagram);

  const PathSettings settings_;
  std::uint64_t sent_ = 0;
  Bottleneck bottleneck_;
  Link link_;
  const Instant start_;
  std::multimap<Instant, std::vector<std::byte>> coming_;
};

}  // namespace netlab::simulated
