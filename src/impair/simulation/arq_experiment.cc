#include "impair/simulation/arq_experiment.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "impair/simulation/fixed_window.h"
#include "impair/simulation/simulation.h"

namespace netlab::simulated {
namespace {

using reliable::Strategy;

constexpr std::uint64_t payload = reliable::base_packet_size - reliable::data_header_size;
// A transfer that takes longer is given up.
constexpr Duration most = std::chrono::hours(24 * 365);
// A HELLO goes out every two seconds at least, and two have to come through. With a round trip that
// a token does not outlive there is no handshake at all.
constexpr Duration max_handshake = std::chrono::hours(1);

// The way to the other end, in units of the time that a packet takes to leave: the textbook's a.
double way(Duration delay, std::uint64_t rate) {
  return in_seconds(delay) * static_cast<double>(rate) /
         static_cast<double>(reliable::base_packet_size);
}

ArqExperiment::Result on_rtt_sample(const SimulationSettings& settings) {
  Simulation simulation(settings);
  const reliable::Connection& client = *simulation.client().connection;
  const bool has_begun = simulation.run_until([&] { return client.is_established(); }, most);
  const Instant started = simulation.now();
  const bool is_whole =
      has_begun &&
      simulation.run_until(
          [&] { return simulation.server().bytes_read() == settings.client.writes; }, most);
  if (!simulation.violation().empty()) throw std::logic_error(simulation.violation());
  ArqExperiment::Result result{.packets = simulation.packets_up()};
  if (has_begun) result.retransmitted_bytes = client.sender().retransmitted_bytes();
  if (is_whole)
    result.rate =
        static_cast<double>(settings.client.writes) / in_seconds(simulation.now() - started);
  return result;
}

}  // namespace

std::uint64_t filling_window(Duration delay, std::uint64_t rate) {
  return static_cast<std::uint64_t>(std::ceil(1 + 2 * way(delay, rate)));
}

ArqExperiment::Result ArqExperiment::run() const {
  SimulationSettings settings{.seed = seed};
  settings.max_probes = std::numeric_limits<std::uint32_t>::max();  // for as many may be lost
  settings.up = {.link = {.loss = loss, .delay = delay}, .rate = rate};
  settings.down.link = {.delay = delay};
  settings.client.writes = packets * payload;
  for (EndpointSettings* const endpoint : {&settings.client, &settings.server}) {
    endpoint->connection.strategy = strategy;
    endpoint->connection.largest = reliable::base_packet_size;
    endpoint->connection.window = window;
    endpoint->connection.congestion = &fixed_window;
    // The peer is there: who hears nothing for long had bad luck.
    endpoint->connection.handshake_timeout = max_handshake;
    endpoint->connection.idle_timeout = most;
  }
  return on_rtt_sample(settings);
}

double ArqExperiment::formula() const {
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
  return use * static_cast<double>(rate * payload) /
         static_cast<double>(reliable::base_packet_size);
}

}  // namespace netlab::simulated
