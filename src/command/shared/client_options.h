// ClientOptions are the options of every client: the server and how to reach it, timeouts, retries.
#pragma once

#include <string>

#include "base/clock.h"
#include "cli/options.h"
#include "command/shared/transport_options.h"
#include "socket/endpoint.h"

namespace netlab {

struct ClientOptions {
  explicit ClientOptions(std::uint16_t default_port) : default_port(default_port) {}

  // The server and how to reach it: [HOST[:PORT]] --timeout --retry.
  void declare(Options& options);
  // The same without HOST, for a command that reads the server itself.
  void declare_timing(Options& options);

  // Throws std::invalid_argument.
  Endpoint endpoint() const { return Endpoint::parse(server, default_port); }

  std::uint16_t default_port;
  std::string server;  // "HOST[:PORT]"; empty: localhost
  Duration timeout = std::chrono::seconds(10);
  std::uint64_t retries = 0;
  TransportOptions transport;  // declared only by commands that have a choice
};

}  // namespace netlab
