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
// Limit for the transfer, in virtual time.
constexpr Duration give_up_after = std::chrono::hours(24 * 365);
// A HELLO is sent at least every two seconds, and two must arrive. If the RTT exceeds the lifetime
// of a token, the handshake never completes.
constexpr Duration max_handshake = std::chrono::hours(1);

// The textbook's a: the propagation delay divided by the transmission time of a packet.
double propagation_ratio(Duration delay, std::uint64_t rate) {
  return in_seconds(delay) * static_cast<double>(rate) /
         static_cast<double>(reliable::base_packet_size);
}

ArqExperiment::Result transfer(const SimulationSettings& settings) {
  Simulation simulation(settings);
  const reliable::Connection& client = *simulation.client().connection;
  const bool is_connected =
      simulation.run_until([&] { return client.is_established(); }, give_up_after);
  const Instant started = simulation.now();
  const bool is_complete =
      is_connected &&
      simulation.run_until(
          [&] { return simulation.server().bytes_read() == settings.client.writes; },
          give_up_after);
  if (!simulation.violation().empty()) throw std::logic_error(simulation.violation());
  ArqExperiment::Result result{.packets = simulation.packets_up()};
  if (is_connected) result.retransmitted_bytes = client.sender().retransmitted_bytes();
  if (is_complete)
    result.rate =
        static_cast<double>(settings.client.writes) / in_seconds(simulation.now() - started);
  return result;
}

}  // namespace

std::uint64_t filling_window(Duration delay, std::uint64_t rate) {
  return static_cast<std::uint64_t>(std::ceil(1 + 2 * propagation_ratio(delay, rate)));
}

ArqExperiment::Result ArqExperiment::run() const {
  SimulationSettings settings{.seed = seed};
  settings.max_probes = std::numeric_limits<std::uint32_t>::max();  // any number may be lost
  settings.up = {.link = {.loss = loss, .delay = delay}, .rate = rate};
  settings.down.link = {.delay = delay};
  settings.client.writes = packets * payload;
  for (PeerSettings* const peer : {&settings.client, &settings.server}) {
    peer->connection.strategy = strategy;
    peer->connection.max_datagram = reliable::base_packet_size;
    peer->connection.window = window;
    peer->connection.congestion = &fixed_window;
    // The peer is alive; a long silence is only bad luck.
    peer->connection.handshake_timeout = max_handshake;
    peer->connection.idle_timeout = give_up_after;
  }
  return transfer(settings);
}

double ArqExperiment::formula() const {
  const double a = propagation_ratio(delay, rate);
  const double round = 1 + 2 * a;
  const double n = window;
  const double p = loss;
  double utilization = 0;
  switch (strategy) {
    case Strategy::stop_and_wait:
      utilization = (1 - p) / round;
      break;
    case Strategy::go_back_n:
      utilization =
          n >= round ? (1 - p) / (1 + 2 * a * p) : n * (1 - p) / (round * (1 - p + n * p));
      break;
    case Strategy::selective_repeat:
      utilization = n >= round ? 1 - p : n * (1 - p) / round;
      break;
  }
  return utilization * static_cast<double>(rate * payload) /
         static_cast<double>(reliable::base_packet_size);
}

}  // namespace netlab::simulated
