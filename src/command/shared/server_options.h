// ServerOptions declares the command-line options that all servers share, and starts a server with
// them: the address to listen on, the limits, the serving model, and the announcement
// that it is ready.
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

  // For a server that accepts connections.
  void declare(Options& options);
  // For a server that serves datagrams or, with its option --tcp, connections.
  void declare_for_datagrams_or_tcp(Options& options);
  // For a server that serves only datagrams.
  void declare_for_datagrams(Options& options);

  // The options --tcp and --udp, which may be given together.
  void declare_transport(Options& options) { transport_.declare_for_server(options); }

  Duration idle_timeout() const { return idle_timeout_; }
  Duration stall_timeout() const { return stall_timeout_; }
  // Called when the server listens, before the first client.
  std::function<void()> enter_sandbox = [] {};

  // Serves on the address of --port and --bind, or on an inherited socket (sd_listen_fds(3)), until
  // SIGINT or SIGTERM, or one client with --once. `protocol` is printed in the line "listening on
  // ADDRESS:PORT (PROTOCOL)". Returns whether the client of --once was served successfully. Throws
  // std::invalid_argument for options that contradict each other, SystemError if it cannot listen.
  bool serve(const Handler& handler, const std::string& protocol, const Output& output);

  // The same for datagrams: with one socket, or with --threads one per core.
  void serve_datagrams(DatagramTalk talk, const std::string& protocol, const Output& output);

  // Listens only on loopback, and logs why, unless --bind is given or a socket is inherited.
  void narrow_to_loopback(const std::string& why) { narrow_ = why; }
  // The model to use if none is given.
  void prefer_model(const std::string& name);
  void server_speaks_first() { server_speaks_first_ = true; }
  bool model_was_chosen() const { return !chosen_model().empty(); }

 private:
  void declare_listening(Options& options);
  void declare_models(Options& options);  // and --idle-timeout, which also applies to datagrams
  void declare_limits(Options& options);  // of connections
  // The steps of serve().
  void check_usage(bool uses_udp) const;
  void prepare_process() const;
  Fd inherit(int type) const;
  Address listening_address(const Output& output) const;
  Limits limits() const;
  std::vector<std::string> protocols(const std::string& protocol) const;
  std::string chosen_model() const;
  std::size_t datagram_sockets() const;
  void announce(const Address& local, bool ipv6_only, const std::vector<std::string>& protocols,
                const Output& output) const;

  const std::uint64_t default_port_;
  std::uint64_t port_ = default_port_;
  std::string bind_;
  std::string narrow_;  // why it listens only on loopback; empty: it does not
  std::string model_;
  std::string preferred_model_ = "epoll";
  std::unique_ptr<bool[]> model_flags_ =
      std::make_unique<bool[]>(models().size());  // in their order
  bool server_speaks_first_ = false;
  bool proxied_ = false;
  bool threads_ = false;  // for datagrams: one socket per core
  bool once_ = false;
  std::uint64_t max_clients_ = 256;
  std::uint64_t max_per_host_ = 32;
  Duration idle_timeout_ = std::chrono::seconds(300);
  Duration stall_timeout_ = std::chrono::seconds(60);
  Duration grace_ = std::chrono::seconds(5);
  std::string port_file_;
  TransportOptions transport_;
};

}  // namespace netlab
