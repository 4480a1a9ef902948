// Ten thousand simulated networks, each a function of its seed; a thousand under a sanitizer, which
// is slow. NETLAB_SEED=N runs only that network and prints its packets; NETLAB_SEEDS=N runs N
// networks, starting from a random seed.
#include "support/random_scenario.h"

#include <cstdlib>

#include "fiber/sanitizer.h"

namespace netlab::simulated {
namespace {

// Longer than the slowest of these networks needs.
constexpr auto time_limit = std::chrono::hours(2);
#if defined(NETLAB_ASAN) || defined(NETLAB_TSAN)
constexpr std::uint64_t usual_count = 1000;
#else
constexpr std::uint64_t usual_count = 10'000;
#endif

// Describes what went wrong; empty if nothing did.
std::string failure_of(Simulation& simulation, const SimulationSettings& settings) {
  if (!simulation.violation().empty()) return simulation.violation();
  if (!simulation.is_closed()) return "the connection does not end";
  Peer& client = simulation.client();
  Peer& server = simulation.server();
  const bool have_connected =
      server.connection && server.connection->peer_id() == client.connection->id();
  const bool has_all = have_connected && client.has_read_all() && server.has_read_all() &&
                       server.bytes_read() == settings.client.writes &&
                       client.bytes_read() == settings.server.writes;
  const int error = client.connection->error();
  const int servers_error = have_connected ? server.connection->error() : error;
  if (!has_all && error == 0) return "the client reports success without all of the data";
  if (!has_all && servers_error == 0) return "the server reports success without all of the data";
  if (error == EPROTO || servers_error == EPROTO) return "an end reports a protocol violation";
  return {};
}

bool runs_well(std::uint64_t seed, bool logs, bool& succeeded) {
  auto settings = RandomScenario(seed).settings(seed);
  settings.logs = logs;
  Simulation simulation(settings);
  simulation.run(time_limit);
  const std::string why = failure_of(simulation, settings);
  succeeded = simulation.client().connection->error() == 0;
  if (logs) std::cout << simulation.log();
  if (!why.empty())
    ADD_FAILURE() << why << "\nNETLAB_SEED=" << seed
                  << " build/tests/unit_test --gtest_filter=Reliable.DeliversExactlyOrFails*";
  return why.empty();
}

TEST(Reliable, DeliversExactlyOrFailsInAnyNetwork) {
  const char* const one = std::getenv("NETLAB_SEED");
  bool succeeded = false;
  if (one) {
    runs_well(std::stoull(one), true, succeeded);
    return;
  }
  const char* const more = std::getenv("NETLAB_SEEDS");
  const std::uint64_t count = more ? std::stoull(more) : usual_count;
  const std::uint64_t first = more ? std::random_device()() * std::uint64_t{1'000'000} : 1;
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 5; ++seed) {
    failures += runs_well(seed, false, succeeded) ? 0 : 1;
    successes += succeeded ? 1 : 0;
  }
  EXPECT_GT(successes, count * 90 / 100);  // some of these networks go down for good
  std::cout << successes << " of " << count << " succeeded" << std::endl;
}

TEST(Reliable, IsRepeatableWithTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::uint64_t hashes[2];
    for (std::uint64_t& hash : hashes) {
      Simulation simulation(RandomScenario(seed).settings(seed));
      simulation.run(time_limit);
      hash = simulation.event_hash();
    }
    EXPECT_EQ(hashes[0], hashes[1]) << seed;
  }
}

}  // namespace
}  // namespace netlab::simulated
