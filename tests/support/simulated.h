// Default settings for simulated connections, of which tests change one at a time.
#pragma once

#include <gtest/gtest.h>

#include "impair/simulation/simulation.h"

namespace netlab::simulated {

using namespace std::chrono_literals;

// 100 KB up, a reply of 10 KB down, a delay of 10 ms each way, datagrams of at most 1200 bytes.
inline SimulationSettings usual() {
  SimulationSettings settings;
  settings.up.link.delay = settings.down.link.delay = 10ms;
  settings.client.writes = 100'000;
  settings.server.writes = 10'000;
  for (PeerSettings* const peer : {&settings.client, &settings.server}) {
    peer->connection.max_datagram = reliable::base_packet_size;
    peer->connection.send_buffer = 64 * 1024;
    peer->connection.receive_buffer = 64 * 1024;
  }
  return settings;
}

// Expects that both peers received all data and closed the connection without an error.
inline void expect_success(Simulation& simulation, const SimulationSettings& settings) {
  EXPECT_EQ(simulation.violation(), "");
  EXPECT_TRUE(simulation.is_closed());
  EXPECT_EQ(simulation.client().connection->error(), 0);
  ASSERT_TRUE(simulation.server().connection);
  EXPECT_EQ(simulation.server().connection->error(), 0);
  EXPECT_TRUE(simulation.client().has_read_all());
  EXPECT_TRUE(simulation.server().has_read_all());
  EXPECT_EQ(simulation.server().bytes_read(), settings.client.writes);
  EXPECT_EQ(simulation.client().bytes_read(), settings.server.writes);
}

}  // namespace netlab::simulated
