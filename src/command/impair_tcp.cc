// netlab impair tcp: a proxy for TCP connections that simulates a network in which data is slow,
// arrives in pieces, and connections break on demand.
#include <fmt/core.h>
#include <signal.h>

#include <array>
#include <mutex>

#include "cli/command.h"
#include "cli/parse_values.h"
#include "command/shared/direction_options.h"
#include "command/shared/impair_options.h"
#include "command/shared/startup.h"
#include "file/sandbox.h"
#include "impair/proxy/tcp_proxy.h"
#include "model/models.h"
#include "socket/signals.h"
#include "socket/syscalls.h"
#include "transport/lingering_close.h"
#include "transport/tcp.h"

namespace netlab {
namespace {

using Text = const std::string&;
using Faults = StreamLinkSettings;

constexpr auto connect_timeout = std::chrono::seconds(10);

constexpr std::array tcp_settings{
    Setting<Faults>{"delay", "TIME", "one-way delay, e.g. 40ms",
                    [](Faults& faults, Text text) { faults.delay = parse_duration(text); }},
    Setting<Faults>{"rate", "RATE", "bytes per second, e.g. 500K or 10M",
                    [](Faults& faults, Text text) { faults.rate = parse_rate(text); }},
    Setting<Faults>{
        "split", "N", "deliver in pieces of N bytes, a millisecond apart",
        [](Faults& faults, Text text) { faults.split = parse_count(text, 1, 1'000'000'000); }},
    Setting<Faults>{"cut-after", "BYTES", "close both connections (FIN) after BYTES to the client",
                    [](Faults& faults, Text text) { faults.cut_after = parse_size(text); }, true},
    Setting<Faults>{"reset-after", "BYTES",
                    "reset both connections (RST) after BYTES to the client",
                    [](Faults& faults, Text text) { faults.reset_after = parse_size(text); }, true},
    Setting<Faults>{"stall-after", "BYTES",
                    "stop delivering after BYTES to the client, without closing",
                    [](Faults& faults, Text text) { faults.stall_after = parse_size(text); }, true},
};

// Threads serve the clients, so the events are printed one at a time.
class ForwardingTotals {
 public:
  explicit ForwardingTotals(const EventSink& sink) : sink_(sink) {}

  void count_client() {
    const std::lock_guard lock(mutex_);
    ++clients_;
  }

  void add(const Address& client, const ProxyResult& result) {
    const std::lock_guard lock(mutex_);
    up_ += result.up;
    down_ += result.down;
    if (!sink_) return;
    sink_({"client",
           fmt::format("client {}: {} bytes up, {} bytes down, {}", client.text(), result.up,
                       result.down, text(result.reason)),
           {{"address", client.text()},
            {"up", result.up},
            {"down", result.down},
            {"end", std::string(text(result.reason))}}});
  }

  Event summary() const {
    return {"summary",
            fmt::format("{} clients: {} bytes up, {} bytes down", clients_, up_, down_),
            {{"clients", clients_}, {"up", up_}, {"down", down_}}};
  }

 private:
  const EventSink& sink_;
  std::mutex mutex_;
  std::uint64_t clients_ = 0;
  std::uint64_t up_ = 0;
  std::uint64_t down_ = 0;
};

class ImpairTcp : public Action {
 public:
  void declare(Options& options) override {
    impair_.declare(options);
    directions_.declare(options);
  }

  ExitStatus run(const Output& output) override {
    const Address here = impair_.listening_address();
    const Address there = impair_.server();
    const Fd proxies_stop = stop_descriptor();
    const TcpProxy proxy{directions_.up(), directions_.down(), impair_.idle_timeout(),
                         proxies_stop.get()};
    const std::size_t max_clients = impair_.max_clients();
    raise_descriptor_limit();
    set_no_new_privs();
    block_broken_pipe();
    const Fd stop = signals_as_descriptor({SIGINT, SIGTERM});
    const EventSink sink = output.sink();
    ForwardingTotals totals(sink);
    const Service service{
        .transport = tcp(),
        .listen = [&](Network& network) { return network.listen(here); },
        .handle =
            [&](Stream& client, Network& network) {
              totals.count_client();
              totals.add(client.peer(), serve(proxy, there, client, network));
            },
        .limits = {.max_clients = max_clients, .max_per_host = max_clients},
        .stop = stop.get(),
        .listening =
            [&](const Listener& listener) {
              impair_.announce(listener.local(), there, "impair tcp", output);
            },
        .stopping = [&] { stop_now(proxies_stop); },
        .failed = [&](const Address& client,
                      const std::string& reason) { log_failure(sink, client, reason); },
    };
    serve_with_threads(service);
    output.event(totals.summary());
    return ExitStatus::done;
  }

 private:
  static ProxyResult serve(const TcpProxy& proxy, const Address& there, Stream& client,
                           Network& network) {
    // If the server refuses the connection, connect() throws, and the stream's destructor closes
    // the client's socket, which resets the connection.
    const int fd = tcp_descriptor(client);
    call::set_abortive_close(fd, true);
    const auto server = network.connect(there, add_saturating(network.now(), connect_timeout));
    call::set_abortive_close(fd, false);
    const ProxyResult result = run_tcp_proxy(proxy, client, *server);
    if (result.reason == ProxyResult::CloseReason::cut ||
        result.reason == ProxyResult::CloseReason::idle) {
      lingering_close(client, network);
      lingering_close(*server, network);
    }
    return result;
  }

  ImpairOptions impair_;
  PerDirection<Faults> directions_{tcp_settings};
};

}  // namespace

std::unique_ptr<Action> impair_tcp() {
  return std::make_unique<ImpairTcp>();
}

}  // namespace netlab
