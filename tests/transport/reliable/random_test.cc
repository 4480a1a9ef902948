// Ten thousand networks, each a function of its seed, or a thousand of them where a sanitizer makes
// them slow. NETLAB_SEED=N runs that one alone and shows
// its packets; NETLAB_SEEDS=N runs so many, from a seed of their own on.
#include "support/random_scenario.h"

#include <cstdlib>

#include "fiber/sanitizer.h"

namespace netlab::simulated {
namespace {

// Longer than the slowest of these networks needs.
constexpr auto most = std::chrono::hours(2);
#if defined(NETLAB_ASAN) || defined(NETLAB_TSAN)
constexpr std::uint64_t usual_count = 1000;
#else
constexpr std::uint64_t usual_count = 10'000;
#endif

// What went wrong; empty: nothing.
std::string trouble(Simulation& simulation, const SimulationSettings& settings) {
  if (!simulation.violation().empty()) return simulation.violation();
  if (!simulation.is_closed()) return "it does not end";
  Endpoint& client = simulation.client();
  Endpoint& server = simulation.server();
  const bool have_met =
      server.connection && server.connection->peer_id() == client.connection->id();
  const bool has_all = have_met && client.has_read_all() && server.has_read_all() &&
                       server.bytes_read() == settings.client.writes &&
                       client.bytes_read() == settings.server.writes;
  const int error = client.connection->error();
  const int servers_error = have_met ? server.connection->error() : error;
  if (!has_all && error == 0) return "the client takes it for complete";
  if (!has_all && servers_error == 0) return "the server takes it for complete";
  if (error == EPROTO || servers_error == EPROTO) return "a rule of the protocol is broken";
  return {};
}

bool runs_well(std::uint64_t seed, bool logs, bool& succeeded) {
  auto settings = RandomScenario(seed).settings(seed);
  settings.logs = logs;
  Simulation simulation(settings);
  simulation.run(most);
  const std::string why = trouble(simulation, settings);
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
  EXPECT_GT(successes, count * 90 / 100);  // some of these networks let nothing through any more
  std::cout << successes << " of " << count << " came through" << std::endl;
}

TEST(Reliable, IsTheSameRunWithTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::uint64_t traces[2];
    for (std::uint64_t& trace : traces) {
      Simulation simulation(RandomScenario(seed).settings(seed));
      simulation.run(most);
      trace = simulation.trace();
    }
    EXPECT_EQ(traces[0], traces[1]) << seed;
  }
}

}  // namespace
}  // namespace netlab::simulated
