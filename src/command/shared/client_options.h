// ClientOptions is what all clients have in common on the command line: the server, time-outs,
// retries.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/options.h"
#include "cli/output.h"
#include "command/shared/retry.h"
#include "command/shared/transport_options.h"
#include "transport/network.h"

namespace netlab {

class ClientOptions {
 public:
  explicit ClientOptions(std::uint16_t default_port) : default_port_(default_port) {}

  // The server and how to reach it: [HOST[:PORT]] --timeout --retry.
  void declare(Options& options);
  // The same without HOST, for a command that reads the server itself.
  void declare_timing(Options& options);

  // "HOST[:PORT]"; empty for localhost.
  void set_server(const std::string& server) { server_ = server; }

  // The choice between TCP and UDP, of commands that have it.
  void declare_transport(Options& options) { transport_.declare(options); }

  Duration timeout = std::chrono::seconds(10);
  std::uint64_t retries() const { return retries_; }
  // The server's, in the order they are to be tried. Throws SystemError.
  std::vector<Address> addresses() const;

  // What is to be done, which connects when it wants to.
  using Job = std::function<void(const Connect& connect, Network& network, Attempt& attempt)>;

  // Connects to the first of the server's addresses that answers, and runs the job; with --retry,
  // all over again when the network failed. Throws what the last attempt threw.
  void run(const Job& job, const Output& output);
  // For the job: `done` bytes are at the other end, the first time those that were there before.
  void moved(std::uint64_t done, Attempt& attempt);
  // By all attempts, and where the first of them began.
  std::uint64_t bytes_moved() const { return moved_; }
  std::optional<std::uint64_t> moved_from() const { return from_; }

 private:
  std::string server_;
  std::uint16_t default_port_;
  std::uint64_t retries_ = 0;
  std::optional<std::uint64_t> from_;
  std::optional<std::uint64_t> seen_;  // of this attempt
  std::uint64_t moved_ = 0;
  TransportOptions transport_;
};

}  // namespace netlab
