// A client that is killed and restarted on the same port, which it binds: its packets reach the old
// connection, which must end before a new one can be made.
#include "support/scenario.h"

namespace netlab::simulated {
namespace {

class ClientRestart : public ReliableScenario {
 protected:
  // The client is admitted at its second HELLO, one second later; the transfer takes another 0.5 s.
  void expect_second_to_succeed(Simulation& simulation) {
    simulation.run();
    expect_success(simulation, settings_);
    EXPECT_LT(simulation.passed(), settings_.client_restarts + 2s);
  }
};

TEST_F(ClientRestart, ReplacesAnIdleConnection) {
  settings_.client.finishes = false;
  settings_.client_restarts = 5s;
  Simulation simulation(settings_);
  const auto is_reset = [&] { return simulation.first_server().connection->error() != 0; };
  EXPECT_FALSE(simulation.run_until([&] { return simulation.passed() >= 5s; }, 5s - 1ns));
  EXPECT_TRUE(simulation.run_until(is_reset, 31ms));  // HELLO, PING, GONE
  EXPECT_EQ(simulation.first_server().connection->error(), ECONNRESET);
  const auto has_arrived = [&] {
    return simulation.client().has_read_all() &&
           simulation.server().bytes_read() == settings_.client.writes;
  };
  EXPECT_TRUE(simulation.run_until(has_arrived, 1s + 500ms));
  EXPECT_EQ(simulation.violation(), "");
}

TEST_F(ClientRestart, ReplacesABusyConnection) {
  for (const Duration at : {31ms, 45ms, 60ms, 100ms, 200ms, 300ms}) {
    settings_ = usual();
    settings_.client.writes = settings_.server.writes = 500'000;
    up().rate = down().rate = 1'000'000;
    settings_.client_restarts = at;
    Simulation simulation(settings_);
    expect_second_to_succeed(simulation);
    EXPECT_EQ(simulation.first_server().connection->error(), ECONNRESET) << at.count();
  }
}

TEST_F(ClientRestart, IsAdmittedAtOnceWithoutAnOldConnection) {
  settings_.client_restarts = 15ms;  // its HELLO then reaches the address validator
  Simulation simulation(settings_);
  simulation.run();
  expect_success(simulation, settings_);
  EXPECT_LT(simulation.passed(), 15ms + 250ms);
}

TEST_F(ClientRestart, IsAdmittedDespiteHeavyLoss) {
  int successes = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    settings_.seed = seed;
    settings_.client_restarts = 1s;
    settings_.client.finishes = false;
    settings_.server.finishes = false;
    up().loss = down().loss = 0.2;
    Simulation simulation(settings_);
    const auto has_arrived = [&] {
      return simulation.passed() > 1s &&
             simulation.client().bytes_read() == settings_.server.writes;
    };
    successes += simulation.run_until(has_arrived, 20s);
    EXPECT_EQ(simulation.violation(), "");
  }
  EXPECT_GE(successes, 95);
}

}  // namespace
}  // namespace netlab::simulated
