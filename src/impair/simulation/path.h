// Path is one direction of a simulated network in virtual time: a Link and the packets in flight on
// it. Packets that exceed the MTU, or are sent during a blackout, are dropped.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "impair/link.h"

namespace netlab::simulated {

// The time [from, to), relative to the start of the simulation.
struct Interval {
  Duration from;
  Duration to;
};

struct PathSettings {
  LinkSettings link;
  // Rate of a line in front of the link, in bytes per second; 0: unlimited. Packets that the link
  // loses take transmission time on this line, but not on the link's own.
  std::uint64_t rate = 0;
  std::size_t mtu = 1472;        // payload bytes of a UDP datagram
  std::size_t later_mtu = 1472;  // the MTU from `mtu_changes` on
  Duration mtu_changes = Duration::max();
  std::vector<Interval> blackouts;
  // An attacker injects two packets for every `inject_every` packets: a late replay of one, and a
  // copy with another connection id. 0: none.
  std::uint64_t inject_every = 0;
};

class Path {
 public:
  Path(const PathSettings& settings, std::uint64_t seed, std::uint64_t stream, Instant start)
      : settings_(settings),
        bottleneck_(settings.rate, unlimited),
        link_(settings.link, seed, stream),
        start_(start) {}

  // Returns what happens to the packet, for the log; empty: nothing unusual.
  const char* send(Instant now, std::span<const std::byte> datagram);
  // When the next packet arrives; `never` if none is in flight.
  Instant next() const { return in_flight_.empty() ? never : in_flight_.begin()->first; }
  std::vector<std::byte> take();

 private:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  void inject(Instant at, std::span<const std::byte> datagram);

  const PathSettings settings_;
  std::uint64_t sent_ = 0;
  Bottleneck bottleneck_;
  Link link_;
  const Instant start_;
  std::multimap<Instant, std::vector<std::byte>> in_flight_;
};

}  // namespace netlab::simulated
