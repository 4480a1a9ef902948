// A network and two ends, all of it a function of one seed.
#pragma once

#include <random>

#include "support/simulated.h"

namespace netlab::simulated {

class RandomScenario {
 public:
  explicit RandomScenario(std::uint64_t seed) : chance_(seed) {}

  SimulationSettings settings(std::uint64_t seed) {
    SimulationSettings settings;
    settings.seed = seed;
    const auto strategy = static_cast<reliable::Strategy>(1 + below(3));
    for (PartySettings* const party : {&settings.client, &settings.server}) {
      party->connection.strategy = strategy;
      party->connection.window = 1 + static_cast<std::uint32_t>(below(below(2) ? 8 : 1000));
      party->connection.largest = 1200 + static_cast<std::uint32_t>(below(8000));
      party->connection.congestion = &congestion();
      party->connection.send_buffer = 1 + below(100'000);
      party->connection.receive_buffer = 1 + below(100'000);
      party->writes =
          below(4) ? below(strategy == reliable::Strategy::stop_and_wait ? 20'000 : 150'000) : 0;
      if (below(4) == 0) party->reads_at_once = 1 + below(5000);
      if (below(8) == 0) party->reading_pause = milliseconds(20);
      if (below(8) == 0) party->reads_after = milliseconds(2000);
    }
    bound_turns(settings.client, settings.server);
    bound_turns(settings.server, settings.client);
    const bool is_bad = below(2) != 0;
    settings.up = wire(is_bad);
    settings.down = wire(is_bad);
    for (WireSettings* const way : {&settings.up, &settings.down})
      if (below(50) == 0) way->blackouts.push_back({milliseconds(3000), Duration::max()});
    if (below(50) == 0) settings.client_moves = milliseconds(3000);
    if (below(50) == 0) settings.client_restarts = milliseconds(3000);
    return settings;
  }

 private:
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(chance_);
  }
  double share(double most) { return std::uniform_real_distribution<double>(0, most)(chance_); }
  // A buffer of a byte makes a round trip of each: so many are enough.
  static void bound_turns(PartySettings& from, const PartySettings& to) {
    const auto buffer = std::min(from.connection.send_buffer, to.connection.receive_buffer);
    from.writes = std::min<std::uint64_t>(from.writes, 2000 * buffer);
  }
  Duration milliseconds(std::size_t most) { return std::chrono::microseconds(below(1000 * most)); }
  const reliable::CongestionRow& congestion() {
    const auto rows = reliable::congestion_controls();
    return rows[below(rows.size())];
  }

  WireSettings wire(bool is_bad) {
    WireSettings wire;
    LinkSettings& link = wire.link;
    link.delay = milliseconds(below(4) ? 20 : 200);
    if (below(4) == 0) link.rate = 20'000 + below(1'000'000);
    link.queue = 1 + below(100);
    wire.mtu = wire.later_mtu = 1200 + below(8000);
    if (!is_bad) return wire;
    link.jitter = std::min(link.delay, milliseconds(20));
    link.loss = share(0.3);
    if (below(4) == 0) link.burst = 1 + share(4);
    link.duplicate = share(0.1);
    link.reorder = share(0.2);
    link.reorder_by = milliseconds(50);
    link.corrupt = share(0.05);
    if (below(4) == 0) wire.strangers_every = 1 + below(20);
    if (below(4) == 0) {
      wire.mtu_changes = milliseconds(1000);
      wire.later_mtu = 1200 + below(8000);
    }
    if (below(4) == 0) {
      const Duration from = milliseconds(3000);
      wire.blackouts.push_back({from, from + milliseconds(5000)});
    }
    return wire;
  }

  std::mt19937_64 chance_;
};

}  // namespace netlab::simulated
