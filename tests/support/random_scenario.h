// RandomScenario draws the settings of a network and two peers; all are a function of one seed.
#pragma once

#include <random>

#include "support/simulated.h"

namespace netlab::simulated {

class RandomScenario {
 public:
  explicit RandomScenario(std::uint64_t seed) : decisions_(seed) {}

  SimulationSettings settings(std::uint64_t seed) {
    SimulationSettings settings;
    settings.seed = seed;
    const auto strategy = static_cast<reliable::Strategy>(1 + below(3));
    for (PeerSettings* const peer : {&settings.client, &settings.server}) {
      peer->connection.strategy = strategy;
      peer->connection.window = 1 + static_cast<std::uint32_t>(below(below(2) ? 8 : 1000));
      peer->connection.max_datagram = 1200 + static_cast<std::uint32_t>(below(8000));
      peer->connection.congestion = &congestion();
      peer->connection.send_buffer = 1 + below(100'000);
      peer->connection.receive_buffer = 1 + below(100'000);
      peer->writes =
          below(4) ? below(strategy == reliable::Strategy::stop_and_wait ? 20'000 : 150'000) : 0;
      if (below(4) == 0) peer->reads_at_once = 1 + below(5000);
      if (below(8) == 0) peer->reading_pause = milliseconds(20);
      if (below(8) == 0) peer->reads_after = milliseconds(2000);
    }
    bound_turns(settings.client, settings.server);
    bound_turns(settings.server, settings.client);
    const bool is_bad = below(2) != 0;
    settings.up = path(is_bad);
    settings.down = path(is_bad);
    for (PathSettings* const way : {&settings.up, &settings.down})
      if (below(50) == 0) way->blackouts.push_back({milliseconds(3000), Duration::max()});
    if (below(50) == 0) settings.client_moves = milliseconds(3000);
    if (below(50) == 0) settings.client_restarts = milliseconds(3000);
    return settings;
  }

 private:
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(decisions_);
  }
  double share(double most) { return std::uniform_real_distribution<double>(0, most)(decisions_); }
  // A buffer of one byte costs a round trip per byte. This limits a run to about 2000 round trips.
  static void bound_turns(PeerSettings& from, const PeerSettings& to) {
    const auto buffer = std::min(from.connection.send_buffer, to.connection.receive_buffer);
    from.writes = std::min<std::uint64_t>(from.writes, 2000 * buffer);
  }
  Duration milliseconds(std::size_t most) { return std::chrono::microseconds(below(1000 * most)); }
  const reliable::CongestionRow& congestion() {
    const auto rows = reliable::congestion_controls();
    return rows[below(rows.size())];
  }

  PathSettings path(bool is_bad) {
    PathSettings path;
    LinkSettings& link = path.link;
    link.delay = milliseconds(below(4) ? 20 : 200);
    if (below(4) == 0) link.rate = 20'000 + below(1'000'000);
    link.queue = 1 + below(100);
    path.mtu = path.later_mtu = 1200 + below(8000);
    if (!is_bad) return path;
    link.jitter = std::min(link.delay, milliseconds(20));
    link.loss = share(0.3);
    if (below(4) == 0) link.burst = 1 + share(4);
    link.duplicate = share(0.1);
    link.reorder = share(0.2);
    link.reorder_by = milliseconds(50);
    link.corrupt = share(0.05);
    if (below(4) == 0) path.inject_every = 1 + below(20);
    if (below(4) == 0) {
      path.mtu_changes = milliseconds(1000);
      path.later_mtu = 1200 + below(8000);
    }
    if (below(4) == 0) {
      const Duration from = milliseconds(3000);
      path.blackouts.push_back({from, from + milliseconds(5000)});
    }
    return path;
  }

  std::mt19937_64 decisions_;
};

}  // namespace netlab::simulated
