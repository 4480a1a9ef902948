// A client whose address changes at some instant, e.g. because a router drops its mapping. A
// connection is bound to the address that it was made from; both ends notice in time.
#include "support/scenario.h"

namespace netlab::simulated {
namespace {

TEST_F(ReliableScenario, EndsWhenTheClientsAddressChanges) {
  for (const Duration after : {45ms, 60ms, 100ms, 200ms, 400ms}) {
    settings_ = usual();
    settings_.client.finishes = settings_.server.finishes = false;
    settings_.client.writes = settings_.server.writes = 1'000'000;
    up().rate = down().rate = 1'000'000;
    settings_.client_moves = after;
    Simulation simulation(settings_);
    simulation.run_until([&] { return simulation.passed() >= after; });
    ASSERT_TRUE(simulation.server().connection) << after.count();
    const std::uint64_t read = simulation.server().bytes_read();
    simulation.run();
    EXPECT_EQ(simulation.violation(), "");
    EXPECT_TRUE(simulation.is_closed());
    EXPECT_EQ(simulation.client().connection->error(),
              ECONNRESET);  // from the address validator's GONE
    EXPECT_EQ(simulation.server().connection->error(), ETIMEDOUT);
    EXPECT_EQ(simulation.server().bytes_read(), read);
    EXPECT_LE(simulation.passed(), after + 30s + 10s);
  }
}

// No GONE reaches the client.
TEST_F(ReliableScenario, TimesOutWhenTheClientsAddressChangesAndNothingReachesIt) {
  settings_.client.writes = 1'000'000;
  up().rate = 1'000'000;
  settings_.client_moves = 100ms;
  settings_.down.blackouts = {{100ms, 24h}};
  Simulation simulation(settings_);
  simulation.run();
  EXPECT_EQ(simulation.violation(), "");
  EXPECT_EQ(simulation.client().connection->error(), ETIMEDOUT);
  EXPECT_EQ(simulation.server().connection->error(), ETIMEDOUT);
  EXPECT_LE(simulation.passed(), 100ms + 30s + 10s);
}

TEST_F(ReliableScenario, IdleConnectionEndsWhenTheClientsAddressChanges) {
  settings_.client.finishes = settings_.server.finishes = false;
  settings_.client_moves = 5s;  // after all data has arrived, when both ends are idle
  Simulation simulation(settings_);
  simulation.run();
  EXPECT_EQ(simulation.violation(), "");
  EXPECT_EQ(simulation.client().connection->error(), ECONNRESET);  // in reply to its keep-alive
  EXPECT_EQ(simulation.server().connection->error(), ETIMEDOUT);
  EXPECT_LE(simulation.passed(), 5s + 30s + 10s);
}

// A token is bound to the address that it was issued to.
TEST_F(ReliableScenario, RequestsANewTokenWhenTheClientsAddressChangesInTheHandshake) {
  for (const Duration after : {5ms, 15ms, 25ms}) {
    settings_ = usual();
    settings_.client_moves = after;
    succeed();
  }
}

// The WELCOME of the server's connection does not reach the client, which makes another connection.
TEST_F(ReliableScenario, ConnectsAgainWhenTheClientsAddressChangesBeforeTheWelcome) {
  settings_.down.blackouts = {{25ms, 35ms}};
  settings_.client_moves = 35ms;
  Simulation simulation(settings_);
  EXPECT_TRUE(simulation.run_until([&] { return simulation.server().has_read_all(); }, 10s));
  simulation.run();
  expect_success(simulation, settings_);
  EXPECT_GT(simulation.passed(), 30s);  // the first connection had to time out
}

}  // namespace
}  // namespace netlab::simulated
