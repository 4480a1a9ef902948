#include "impair/simulation/arq_experiment.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "impair/simulation/fixed_window.h"
#include "impair/simulation/simulation.h"

namespace netlab::simulated {
namespace {

using reliable::Strategy;

constexpr std::uint64_t payload = reliable::base_size - reliable::data_header_size;
// A transfer that takes longer is given up.
constexpr Duration most = std::chrono::hours(24 * 365);
// A HELLO goes out every two seconds at least, and two have to come through. With a round trip that
// a token does not outlive there is no handshake at all.
constexpr Duration longest_handshake = std::chrono::hours(1);

// The way to the other end, in units of the time that a packet takes to leave: the textbook's a.
double way(Duration delay, std::uint64_t rate) {
  return in_seconds(delay) * static_cast<double>(rate) / static_cast<double>(reliable::base_size);
}

ArqTrial::Result measured(const SimulationSettings& settings) {
  Simulation simulation(settings);
  const reliable::Connection& client = *simulation.client().connection;
  const bool has_begun = simulation.run_until([&] { return client.is_established(); }, most);
  const Instant started = simulation.now();
  const bool is_whole =
      has_begun &&
      simulation.run_until(
          [&] { return simulation.server().bytes_read() == settings.client.writes; }, most);
  if (!simulation.complaint().empty()) throw std::logic_error(simulation.complaint());
  ArqTrial::Result result{.packets = simulation.packets_up()};
  if (has_begun) result.bytes_again = client.sender().sent_again();
  if (is_whole)
    result.rate =
        static_cast<double>(settings.client.writes) / in_seconds(simulation.now() - started);
  return result;
}

}  // namespace

std::uint64_t filling_window(Duration delay, std::uint64_t rate) {
  return static_cast<std::uint64_t>(std::ceil(1 + 2 * way(delay, rate)));
}

ArqTrial::Result ArqTrial::run() const {
  SimulationSettings settings{.seed = seed};
  settings.most_probes = std::numeric_limits<std::uint32_t>::max();  // for as many may be lost
  settings.up = {.link = {.loss = loss, .delay = delay}, .rate = rate};
  settings.down.link = {.delay = delay};
  settings.client.writes = packets * payload;
  for (PartySettings* const party : {&settings.client, &settings.server}) {
    party->connection.strategy = strategy;
    party->connection.largest = reliable::base_size;
    party->connection.window = window;
    party->connection.congestion = &no_congestion;
    // The peer is there: who hears nothing for long had bad luck.
    party->connection.handshake_timeout = longest_handshake;
    party->connection.idle_timeout = most;
  }
  return measured(settings);
}

double ArqTrial::formula() const {
  const double a = way(delay, rate);
  const double round = 1 + 2 * a;
  const double n = window;
  const double p = loss;
  double use = 0;
  switch (strategy) {
    case Strategy::stop_and_wait:
      use = (1 - p) / round;
      break;
    case Strategy::go_back_n:
      use = n >= round ? (1 - p) / (1 + 2 * a * p) : n * (1 - p) / (round * (1 - p + n * p));
      break;
    case Strategy::selective_repeat:
      use = n >= round ? 1 - p : n * (1 - p) / round;
      break;
  }
  return use * static_cast<double>(rate * payload) / static_cast<double>(reliable::base_size);
}

}  // namespace netlab::simulated
