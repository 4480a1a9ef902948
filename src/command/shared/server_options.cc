#include "command/shared/server_options.h"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <limits>
#include <optional>
#include <thread>

#include "base/error.h"
#include "command/shared/startup.h"
#include "file/sandbox.h"
#include "model/datagram_service.h"
#include "model/host_counter.h"
#include "model/models.h"
#include "protocol/proxy/proxy_protocol.h"
#include "socket/datagram_io.h"
#include "socket/endpoint.h"
#include "socket/sd_notify.h"
#include "socket/signals.h"
#include "socket/socket_activation.h"
#include "socket/syscalls.h"
#include "trace/log.h"

namespace netlab {
namespace {

constexpr const char* max_per_host_option = "--max-per-host";

// Reports, when a datagram server ends, how many datagrams were dropped.
void report_lost(const DatagramSocket::Lost& lost, const EventSink& sink) {
  if (!sink || lost.received + lost.sent == 0) return;
  sink({"lost",
        fmt::format("dropped {} incoming and {} outgoing datagrams: socket buffer full",
                    lost.received, lost.sent),
        {{"received", lost.received}, {"sent", lost.sent}}});
}

Handler behind_proxy(const Handler& handler, const ProxiedHostCounter& hosts) {
  return [&handler, &hosts](Stream& client, Network& network) {
    const auto header = proxy::read_header(client);
    if (header == proxy::HeaderKind::none) return;
    std::optional<ProxiedHostCounter::Slot> slot;
    if (header == proxy::HeaderKind::client) slot.emplace(hosts, client.peer());
    try {
      handler(client, network);
    } catch (const SystemError& error) {
      // HAProxy's health checks reset the connection, which is not a failure.
      const bool was_reset = error.error() == ECONNRESET || error.error() == EPIPE;
      if (header != proxy::HeaderKind::proxy || !was_reset) throw;
    }
  };
}

const Model& model_named(const std::string& name) {
  for (const Model& model : models())
    if (model.name == name) return model;
  throw std::invalid_argument("unknown model '" + name + "'");
}

}  // namespace

void ServerOptions::declare_listening(Options& options) {
  options.group("Listening");
  options.number("-p,--port", port_, {0, std::numeric_limits<std::uint16_t>::max()},
                 "port to listen on; 0 picks a free port");
  options.text("--bind", bind_, "ADDR", "address to listen on (default: all addresses)");
  options.text("--port-file", port_file_, "PATH", "write the port number to PATH once listening");
}

void ServerOptions::declare_for_datagrams(Options& options) {
  declare_listening(options);
  options.flag("--threads", threads_, "run one thread and one socket per core");
  options.flag("--once", once_, "answer one message, then exit");
}

void ServerOptions::declare(Options& options) {
  declare_listening(options);
  options.flag("--once", once_, "serve one client, then exit with its status");
  options.group("Serving clients");
  declare_models(options);
  declare_limits(options);
}

void ServerOptions::declare_for_datagrams_or_tcp(Options& options) {
  declare_listening(options);
  options.flag("--once", once_, "serve one client, then exit with its status");
  options.group("Serving clients (--fork and --uring require --tcp)");
  declare_models(options);
  options.group("Connections (with --tcp)");
  declare_limits(options);
}

void ServerOptions::declare_models(Options& options) {
  std::vector<std::string> names;
  std::vector<std::string> flags = {"--model"};
  for (const Model& model : models()) names.emplace_back(model.name);
  options.choice("--model", model_, names, "how concurrent clients are served (default: epoll)");
  for (std::size_t i = 0; i < names.size(); ++i) {
    flags.push_back("--" + names[i]);
    options.flag(flags.back(), model_flags_[i], std::string(models()[i].summary));
  }
  options.exclusive(flags);
  options.seconds("--idle-timeout", idle_timeout_, "seconds a client may stay silent");
}

void ServerOptions::declare_limits(Options& options) {
  options.number("--max-clients", max_clients_, {1, max_clients_limit},
                 "maximum concurrent clients; more wait in the backlog");
  options.number(max_per_host_option, max_per_host_, {0, max_clients_limit},
                 "maximum concurrent clients per address, except loopback");
  options.flag("--proxy-protocol", proxied_,
               "expect a PROXY protocol v2 header on each connection");
  options.seconds("--stall-timeout", stall_timeout_,
                  "maximum seconds for each 256 KiB of a transfer");
  options.seconds("--grace", grace_, "seconds for sessions to finish after SIGINT or SIGTERM");
}

std::string ServerOptions::chosen_model() const {
  for (std::size_t i = 0; i < models().size(); ++i)
    if (model_flags_[i]) return std::string(models()[i].name);
  return model_;
}

void ServerOptions::prefer_model(const std::string& name) {
  preferred_model_ = name;
}

void ServerOptions::check_usage(bool uses_udp) const {
  if (uses_udp && proxied_) throw std::invalid_argument("--proxy-protocol requires TCP");
}

void ServerOptions::prepare_process() const {
  raise_descriptor_limit();
  set_no_new_privs();
  block_broken_pipe();
}

// Returns the socket that a service manager has created (sd_listen_fds(3)), or none.
Fd ServerOptions::inherit(int type) const {
  Fd inherited = inherited_socket(type);
  if (!inherited) return inherited;
  if (transport_.is_tcp() && transport_.is_udp())
    throw std::invalid_argument("--tcp --udp requires two sockets, but only one was inherited");
  const Address there = call::local_address(inherited.get());
  if (!bind_.empty() || (port_ != default_port_ && port_ != there.port()))
    log::warning("--bind and --port ignored: using the inherited socket {}", there.text());
  return inherited;
}

Address ServerOptions::listening_address(const Output& output) const {
  const auto port = static_cast<std::uint16_t>(port_);
  if (!bind_.empty()) return resolve({bind_, port}).front();
  if (narrow_.empty()) return Address::any(port);
  output.note(narrow_ + ": listening on loopback only (use --bind to change)");
  return Address::loopback(port);
}

Limits ServerOptions::limits() const {
  return {.max_clients = max_clients_,
          .max_per_host = proxied_ ? max_clients_ : max_per_host_,  // the proxy is one host
          .max_per_host_name = max_per_host_option,
          .idle_timeout = idle_timeout_,
          .grace = grace_};
}

std::vector<std::string> ServerOptions::protocols(const std::string& protocol) const {
  std::vector<std::string> protocols;
  if (transport_.is_tcp()) protocols.push_back(protocol);
  if (transport_.is_udp()) protocols.push_back(protocol + " over UDP");
  return protocols;
}

void ServerOptions::announce(const Address& local, bool ipv6_only,
                             const std::vector<std::string>& protocols,
                             const Output& output) const {
  // Before the line is printed, because its reader may open the file.
  if (!port_file_.empty()) write_port_file(port_file_, local.port());
  enter_sandbox();
  // One socket for both families (ipv6(7), IPV6_V6ONLY).
  for (const std::string& protocol : protocols)
    announce_listening(local, local.is_any_v6() && !ipv6_only, protocol, output);
}

bool ServerOptions::serve(const Handler& handler, const std::string& protocol,
                          const Output& output) {
  check_usage(transport_.is_udp());
  prepare_process();
  const Fd stop = signals_as_descriptor({SIGINT, SIGTERM});
  const Transport transport = transport_.transport();
  Fd inherited = inherit(transport_.is_tcp() ? SOCK_STREAM : SOCK_DGRAM);
  const bool ipv6_only = inherited && is_ipv6_only(inherited);
  const Address address = inherited ? Address() : listening_address(output);
  const SdNotify service_manager;
  const ProxiedHostCounter proxied_hosts(max_per_host_, max_per_host_option);
  const EventSink sink = output.sink();
  const Service service{
      .transport = transport,
      .listen =
          [&](Network& network) {
            return inherited ? network.adopt(std::move(inherited)) : network.listen(address);
          },
      .handle = proxied_ ? behind_proxy(handler, proxied_hosts) : handler,
      .limits = limits(),
      .once = once_,
      .server_speaks_first = server_speaks_first_,
      .stop = stop.get(),
      .listening =
          [&](const Listener& listener) {
            announce(listener.local(), ipv6_only, protocols(protocol), output);
            service_manager.notify("READY=1");
          },
      .stopping = [&] { service_manager.notify("STOPPING=1"); },
      .failed = [&](const Address& client,
                    const std::string& why) { log_failure(sink, client, why); },
  };
  const std::string chosen = chosen_model();
  return model_named(chosen.empty() ? preferred_model_ : chosen).serve(service);
}

std::size_t ServerOptions::datagram_sockets() const {
  const std::string chosen = chosen_model();
  if (threads_ || chosen == "threads") return std::max(1u, std::thread::hardware_concurrency());
  if (chosen == "fork" || chosen == "uring")
    throw std::invalid_argument("--" + chosen +
                                ": not available over UDP, which has no connections; use --threads "
                                "for one loop per core");
  return 1;
}

void ServerOptions::serve_datagrams(DatagramTalk talk, const std::string& protocol,
                                    const Output& output) {
  check_usage(true);
  set_no_new_privs();
  const Fd stop = signals_as_descriptor({SIGINT, SIGTERM});
  Fd inherited = inherit(SOCK_DGRAM);
  if (inherited && datagram_sockets() > 1)
    throw std::invalid_argument(
        "--threads requires one socket per thread, but only one was inherited");
  const bool ipv6_only = inherited && is_ipv6_only(inherited);
  const Address address = inherited ? Address() : listening_address(output);
  const SdNotify service_manager;
  talk.sink = output.sink();
  talk.idle_timeout = idle_timeout_;
  talk.once = once_;
  const DatagramService service{
      .bind =
          [&] { return inherited ? udp_socket(std::move(inherited)) : udp_socket(address, false); },
      .handle =
          [&](DatagramSocket& datagrams) {
            try {
              converse(talk, datagrams);
            } catch (const SystemError& error) {
              if (error.error() != ECANCELED) throw;
            }
            report_lost(datagrams.lost(), talk.sink);
          },
      .sockets = datagram_sockets(),
      .stop = stop.get(),
      .listening =
          [&](const Address& local) {
            announce(local, ipv6_only, {protocol}, output);
            service_manager.notify("READY=1");
          },
  };
  block_broken_pipe();
  netlab::serve_datagrams(service);
  service_manager.notify("STOPPING=1");  // there are no sessions to finish first
}

}  // namespace netlab
