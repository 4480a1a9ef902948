// netlab impair udp: a network that loses, delays and reorders datagrams on order, between any
// client and any server.
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

namespace netlab {
namespace {

using Text = const std::string&;
constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

constexpr std::array udp_settings{
    Setting<LinkSettings>{"loss", "SHARE", "packets that are lost, as 10%",
                          [](LinkSettings& link, Text text) { link.loss = parse_share(text); }},
    Setting<LinkSettings>{"burst", "N", "they are lost in runs of this mean length",
                          [](LinkSettings& link, Text text) {
                            link.burst = static_cast<double>(parse_count(text, 1, 1'000'000));
                          }},
    Setting<LinkSettings>{"delay", "TIME", "how long each is on its way, as 40ms",
                          [](LinkSettings& link, Text text) { link.delay = parse_duration(text); }},
    Setting<LinkSettings>{
        "jitter", "TIME", "so much more or less than the delay, at most",
        [](LinkSettings& link, Text text) { link.jitter = parse_duration(text); }},
    Setting<LinkSettings>{
        "duplicate", "SHARE", "packets that come twice",
        [](LinkSettings& link, Text text) { link.duplicate = parse_share(text); }},
    Setting<LinkSettings>{"reorder", "SHARE", "packets that are held back, so that others overtake",
                          [](LinkSettings& link, Text text) { link.reorder = parse_share(text); }},
    Setting<LinkSettings>{
        "reorder-by", "TIME", "for how long they are held back (10ms)",
        [](LinkSettings& link, Text text) { link.reorder_by = parse_duration(text); }},
    Setting<LinkSettings>{"corrupt", "SHARE", "packets in which one bit is flipped",
                          [](LinkSettings& link, Text text) { link.corrupt = parse_share(text); }},
    Setting<LinkSettings>{"rate", "RATE", "bytes a second, as 500K or 10M",
                          [](LinkSettings& link, Text text) { link.rate = parse_rate(text); }},
    Setting<LinkSettings>{
        "queue", "N", "packets that may wait for the rate (100)",
        [](LinkSettings& link, Text text) { link.queue = parse_count(text, 0, 1'000'000); }},
    Setting<LinkSettings>{"drop", "LIST", "these packets of each client: first, 3, or 3,5,7-9",
                          [](LinkSettings& link, Text text) { link.drop = parse_ordinals(text); }},
    Setting<LinkSettings>{
        "drop-every", "N", "each Nth packet of each client",
        [](LinkSettings& link, Text text) { link.drop_every = parse_count(text, 1, most); }},
};

LinkSettings checked(const LinkSettings& link) {
  if (link.loss < 1 && link.loss > most_loss(link.burst))
    throw std::invalid_argument(
        fmt::format("--burst: between two runs of {} at least one packet comes through, so that at "
                    "most {:.4g}% can be lost (or all, 100%)",
                    link.burst, 100 * most_loss(link.burst)));
  return link;
}

Event summary(const std::string& direction, const RelayTally& tally) {
  return {
      "summary",
      fmt::format("{}: {} packets came, {} passed; on order {} lost, {} dropped, {} "
                  "duplicated, {} reordered, {} corrupted; unplanned {} overflowed, {} missed, "
                  "{} unsent",
                  direction, tally.came, tally.passed, tally.lost, tally.dropped, tally.duplicated,
                  tally.reordered, tally.corrupted, tally.overflowed, tally.missed, tally.unsent),
      {{"direction", direction},
       {"came", tally.came},
       {"bytes", tally.bytes},
       {"passed", tally.passed},
       {"lost", tally.lost},
       {"dropped", tally.dropped},
       {"duplicated", tally.duplicated},
       {"reordered", tally.reordered},
       {"corrupted", tally.corrupted},
       {"overflowed", tally.overflowed},
       {"missed", tally.missed},
       {"unsent", tally.unsent}}};
}

Event clients(const RelayTallies& tallies) {
  return {"clients",
          fmt::format("{} clients; {} packets of others found no place, {} refusals came from the "
                      "server's host, {} packets were still on their way",
                      tallies.clients, tallies.turned_away, tallies.refused, tallies.on_their_way),
          {{"clients", tallies.clients},
           {"turned_away", tallies.turned_away},
           {"refused", tallies.refused},
           {"on_their_way", tallies.on_their_way}}};
}

// A server that takes what we send on to it for a question must see that it is an answer.
Fd bound(const Address& here) {
  Fd fd = message_socket(here, false);
  set_hops(fd.get(), here.family(), answer_hops);
  return fd;
}

class ImpairUdp : public Action {
 public:
  void declare(Options& options) override {
    relaying_.declare(options);
    relaying_.declare_seed(options);
    directions_.declare(options);
    options.text("--log", log_, "FILE", "write a line there for each packet");
  }

  ExitStatus run(const Output& output) override {
    const Address here = relaying_.listening_address();
    DatagramRelay relay{.bind = [&here] { return bound(here); },
                        .server = relaying_.server(),
                        .up = checked(directions_.up()),
                        .down = checked(directions_.down()),
                        .seed = relaying_.seed(),
                        .max_clients = relaying_.max_clients(),
                        .idle_timeout = relaying_.idle_timeout()};
    raise_descriptor_limit();
    renounce_privileges();
    const Fd stop = signals_as_descriptor({SIGINT, SIGTERM});
    relay.stop = stop.get();
    relay.listening = [&](const Address& local) {
      relaying_.announce(local, relay.server, "impair udp", output);
    };
    const Tell tell = output.teller();
    relay.began = [&tell](const Flow& flow) {
      if (!tell) return;
      tell({"client",
            fmt::format("client {} is {}", flow.number, flow.client.text()),
            {{"client", flow.number}, {"address", flow.client.text()}}});
    };
    std::optional<PacketLog> log;
    if (log_) {
      log.emplace(*log_);
      relay.decided = [&log](const RelayedDatagram& datagram) { log->write(datagram); };
      relay.resting = [&log] { log->flush(); };
    }
    const RelayTallies tallies = relay_datagrams(relay);
    if (log) log->flush();
    output.tell(summary("up", tallies.up));
    output.tell(summary("down", tallies.down));
    output.tell(clients(tallies));
    return ExitStatus::done;
  }

 private:
  Relaying relaying_;
  Directions<LinkSettings> directions_{udp_settings};
  std::optional<std::string> log_;
};

}  // namespace

std::unique_ptr<Action> impair_udp() {
  return std::make_unique<ImpairUdp>();
}

}  // namespace netlab
