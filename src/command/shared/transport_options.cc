#include "command/shared/transport_options.h"

#include <fmt/core.h>

#include <stdexcept>
#include <vector>

#include "transport/dual_network.h"
#include "transport/reliable/arq/arq.h"
#include "transport/reliable_network.h"

namespace netlab {
namespace {

constexpr std::uint64_t max_window = 1'000'000;

template <typename Row>
std::vector<std::string> names_of(std::span<const Row> rows) {
  std::vector<std::string> names;
  for (const Row& row : rows) names.emplace_back(row.name);
  return names;
}

}  // namespace

void TransportOptions::declare(Options& options) {
  options.group("Transport");
  options.flag("--udp", udp_, "use netlab's reliable transport over UDP instead of TCP");
  options.choice("--arq", arq_, names_of(reliable::arqs()),
                 "with --udp: retransmission strategy (default: selective-repeat)");
  options.number("--window", window_, {1, max_window},
                 fmt::format("with --udp: maximum packets in flight (default: {})",
                             reliable::Settings().window));
  options.number("--mss", mss_, {reliable::base_packet_size, reliable::max_packet_size},
                 fmt::format("with --udp: largest datagram to probe for, in bytes, at least {} "
                             "(default: {})",
                             reliable::base_packet_size, reliable::max_packet_size));
  options.choice("--congestion", congestion_, names_of(reliable::congestion_controls()),
                 fmt::format("with --udp: congestion control (default: {})",
                             reliable::congestion_controls().front().name));
}

void TransportOptions::declare_for_server(Options& options) {
  options.group("Transport");
  options.flag("--tcp", tcp_, "use TCP (the default); with --udp, serve both on one port");
  declare(options);
}

Transport TransportOptions::transport() const {
  if (!udp_) {
    if (!arq_.empty() || !congestion_.empty() || window_ || mss_)
      throw std::invalid_argument("--arq, --window, --mss and --congestion require --udp");
    return tcp();
  }
  return tcp_ ? either(tcp(), reliable()) : reliable();
}

Transport TransportOptions::reliable() const {
  reliable::Settings settings;
  for (const reliable::ArqRow& row : reliable::arqs())
    if (row.name == arq_) settings.strategy = row.strategy;
  if (!congestion_.empty()) settings.congestion = reliable::congestion_named(congestion_);
  if (window_) settings.window = static_cast<std::uint32_t>(*window_);
  if (mss_) settings.max_datagram = static_cast<std::uint32_t>(*mss_);
  Transport transport = reliable_udp();
  transport.over = [settings](Performer& performer) -> std::unique_ptr<Network> {
    return std::make_unique<ReliableNetwork>(performer, settings);
  };
  return transport;
}

}  // namespace netlab
