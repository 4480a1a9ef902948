// netlab impair udp: a proxy for UDP datagrams that simulates a network which loses, delays and
// reorders them.
#include <fmt/core.h>
#include <signal.h>

#include <array>
#include <limits>

#include "cli/command.h"
#include "cli/parse_values.h"
#include "command/shared/direction_options.h"
#include "command/shared/impair_options.h"
#include "command/shared/ordinals.h"
#include "command/shared/startup.h"
#include "file/sandbox.h"
#include "impair/proxy/packet_log.h"
#include "protocol/message/datagram_conversations.h"
#include "socket/datagram_io.h"
#include "socket/signals.h"
#include "trace/log.h"

namespace netlab {
namespace {

using Text = const std::string&;
constexpr std::uint64_t max_ordinal = std::numeric_limits<std::int64_t>::max();

constexpr std::array udp_settings{
    Setting<LinkSettings>{"loss", "PERCENT", "probability that a packet is lost, e.g. 10%",
                          [](LinkSettings& link, Text text) { link.loss = parse_share(text); }},
    Setting<LinkSettings>{"burst", "N", "lose packets in bursts of N on average",
                          [](LinkSettings& link, Text text) {
                            link.burst = static_cast<double>(parse_count(text, 1, 1'000'000));
                          }},
    Setting<LinkSettings>{"delay", "TIME", "one-way delay, e.g. 40ms",
                          [](LinkSettings& link, Text text) { link.delay = parse_duration(text); }},
    Setting<LinkSettings>{
        "jitter", "TIME", "random variation of the delay, plus or minus TIME",
        [](LinkSettings& link, Text text) { link.jitter = parse_duration(text); }},
    Setting<LinkSettings>{
        "duplicate", "PERCENT", "probability that a packet is duplicated",
        [](LinkSettings& link, Text text) { link.duplicate = parse_share(text); }},
    Setting<LinkSettings>{"reorder", "PERCENT",
                          "probability that a packet is held back, so that later ones overtake it",
                          [](LinkSettings& link, Text text) { link.reorder = parse_share(text); }},
    Setting<LinkSettings>{
        "reorder-by", "TIME", "how long a reordered packet is held back (default: 10ms)",
        [](LinkSettings& link, Text text) { link.reorder_by = parse_duration(text); }},
    Setting<LinkSettings>{"corrupt", "PERCENT", "probability that one bit of a packet is flipped",
                          [](LinkSettings& link, Text text) { link.corrupt = parse_share(text); }},
    Setting<LinkSettings>{"rate", "RATE", "bytes per second, e.g. 500K or 10M",
                          [](LinkSettings& link, Text text) { link.rate = parse_rate(text); }},
    Setting<LinkSettings>{
        "queue", "N", "with --rate: maximum packets in the queue (default: 100)",
        [](LinkSettings& link, Text text) { link.queue = parse_count(text, 0, 1'000'000); }},
    Setting<LinkSettings>{"drop", "LIST", "drop these packets of each client: first, 3, or 3,5,7-9",
                          [](LinkSettings& link, Text text) { link.drop = parse_ordinals(text); }},
    Setting<LinkSettings>{
        "drop-every", "N", "drop every Nth packet of each client",
        [](LinkSettings& link, Text text) { link.drop_every = parse_count(text, 1, max_ordinal); }},
};

LinkSettings checked(const LinkSettings& link) {
  if (link.loss < 1 && link.loss > max_loss(link.burst))
    throw std::invalid_argument(fmt::format(
        "--loss with --burst {}: must be at most {:.4g}%, or 100%, because at least one "
        "packet separates two bursts",
        link.burst, 100 * max_loss(link.burst)));
  return link;
}

Event summary(const std::string& direction, const DirectionCounts& counts) {
  return {
      "summary",
      fmt::format("{}: {} packets received, {} forwarded; impaired: {} lost, {} dropped, {} "
                  "duplicated, {} reordered, {} corrupted; unintended: {} overflowed, {} missed, "
                  "{} unsent",
                  direction, counts.received, counts.passed, counts.lost, counts.dropped,
                  counts.duplicated, counts.reordered, counts.corrupted, counts.overflowed,
                  counts.missed, counts.unsent),
      {{"direction", direction},
       {"came", counts.received},
       {"bytes", counts.bytes},
       {"passed", counts.passed},
       {"lost", counts.lost},
       {"dropped", counts.dropped},
       {"duplicated", counts.duplicated},
       {"reordered", counts.reordered},
       {"corrupted", counts.corrupted},
       {"overflowed", counts.overflowed},
       {"missed", counts.missed},
       {"unsent", counts.unsent}}};
}

Event clients(const ProxyCounts& counts) {
  return {"clients",
          fmt::format("{} clients; dropped {} packets of rejected clients, received {} ICMP "
                      "port-unreachable errors, {} packets still in flight",
                      counts.clients, counts.rejected, counts.refused, counts.in_flight),
          {{"clients", counts.clients},
           {"turned_away", counts.rejected},
           {"refused", counts.refused},
           {"on_their_way", counts.in_flight}}};
}

// Replies leave with reply_ttl. A server that receives one by mistake then does not answer it,
// which could make two servers exchange datagrams forever.
Fd bound(const Address& here) {
  Fd fd = udp_socket(here, false);
  set_ttl(fd.get(), here.family(), reply_ttl);
  return fd;
}

class ImpairUdp : public Action {
 public:
  void declare(Options& options) override {
    impair_.declare(options);
    impair_.declare_seed(options);
    directions_.declare(options);
    options.group("Log");
    options.text("--log", log_, "FILE", "write a line to FILE for each packet");
  }

  ExitStatus run(const Output& output) override {
    const Address here = impair_.listening_address();
    UdpProxy proxy{.bind = [&here] { return bound(here); },
                   .server = impair_.server(),
                   .up = checked(directions_.up()),
                   .down = checked(directions_.down()),
                   .seed = impair_.seed(),
                   .max_clients = impair_.max_clients(),
                   .idle_timeout = impair_.idle_timeout()};
    raise_descriptor_limit();
    set_no_new_privs();
    const Fd stop = signals_as_descriptor({SIGINT, SIGTERM});
    proxy.stop = stop.get();
    proxy.listening = [&](const Address& local) {
      impair_.announce(local, proxy.server, "impair udp", output);
    };
    const EventSink sink = output.sink();
    proxy.on_client = [&sink](const Flow& flow) {
      if (!sink) return;
      sink({"client",
            fmt::format("client {} is {}", flow.number, flow.client.text()),
            {{"client", flow.number}, {"address", flow.client.text()}}});
    };
    proxy.on_rejected = [](const RejectedClient& client) {
      log::warning("client {} rejected: {}", client.address.text(),
                   client.error ? client.error->what() : "too many clients (--max-clients)");
    };
    std::optional<PacketLog> log;
    if (log_) {
      log.emplace(*log_);
      proxy.on_packet = [&log](const ProxiedDatagram& datagram) { log->write(datagram); };
      proxy.on_idle = [&log] { log->flush(); };
    }
    const ProxyCounts counts = run_udp_proxy(proxy);
    if (log) log->flush();
    output.event(summary("up", counts.up));
    output.event(summary("down", counts.down));
    output.event(clients(counts));
    return ExitStatus::done;
  }

 private:
  ImpairOptions impair_;
  PerDirection<LinkSettings> directions_{udp_settings};
  std::optional<std::string> log_;
};

}  // namespace

std::unique_ptr<Action> impair_udp() {
  return std::make_unique<ImpairUdp>();
}

}  // namespace netlab
