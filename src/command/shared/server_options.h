// ServerOptions is what all servers have in common on the command line: where they listen, their
// limits, the model, and how they tell that they are ready.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/options.h"
#include "cli/output.h"
#include "command/shared/transport_options.h"
#include "model/models.h"
#include "model/service.h"
#include "protocol/message/datagram_conversations.h"

namespace netlab {

class ServerOptions {
 public:
  explicit ServerOptions(std::uint64_t default_port) : default_port_(default_port) {}

  // Of a server that accepts connections, or answers datagrams as well.
  // `heading`: help lists the options that only connections have under it.
  void declare(Options& options, const std::string& heading = "Serving clients");
  // Of a server that answers datagrams alone.
  void declare_for_datagrams(Options& options);

  // The choice between TCP and UDP, or both, of servers that have it.
  void declare_transport(Options& options) { transport_.declare_for_server(options); }

  Duration idle_timeout = std::chrono::seconds(300);
  Duration stall_timeout = std::chrono::seconds(60);
  std::function<void()> enter_sandbox = [] {};  // once it listens, before anybody is served

  // Serves, where --port and --bind say or with a socket that was passed on (sd_listen_fds(3)),
  // until SIGINT or SIGTERM, or one client with --once. `protocol` is told in the line "listening
  // on ADDRESS:PORT (PROTOCOL)". Returns whether the one client was served well.
  bool serve(const Handler& handler, const std::string& protocol, const Output& output);

  // The same of a server of datagrams, whose models are two: one socket, or with --threads one for
  // each core.
  void serve_datagrams(DatagramTalk talk, const std::string& protocol, const Output& output);

  // Listens on loopback alone, and says why, unless an address was given or a socket passed on.
  void narrow_to_loopback(const std::string& why) { narrow_ = why; }
  // The model to use when none is asked for.
  void prefer_model(const std::string& name);
  void server_speaks_first() { server_speaks_first_ = true; }
  bool model_was_chosen() const { return !chosen_model().empty(); }

 private:
  void declare_listening(Options& options);
  Fd inherit(int type);
  std::string chosen_model() const;
  std::size_t datagram_sockets() const;
  void announce(const Address& local, const std::vector<std::string>& protocols,
                const Output& output) const;
  Address address() const;

  const std::uint64_t default_port_;
  std::uint64_t port_ = default_port_;
  std::string bind_;
  std::string narrow_;  // why on loopback alone
  bool ipv6_alone_ = false;
  std::string model_;
  std::string preferred_model_ = "epoll";
  std::unique_ptr<bool[]> model_flags_ =
      std::make_unique<bool[]>(models().size());  // in their order
  bool server_speaks_first_ = false;
  bool proxied_ = false;
  bool threads_ = false;  // of a server of datagrams alone
  bool once_ = false;
  std::uint64_t max_clients_ = 256;
  std::uint64_t max_per_host_ = 32;
  Duration grace_ = std::chrono::seconds(5);
  std::string port_file_;
  TransportOptions transport_;
};

}  // namespace netlab
