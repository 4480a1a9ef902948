// Connecting is what all clients have in common on the command line: the server, time-outs,
// retries.
#pragma once

#include <functional>
#include <string>

#include "command/options.h"
#include "command/output.h"
#include "transport/network.h"

namespace netlab {

class Connecting {
 public:
  explicit Connecting(std::uint16_t default_port) : default_port_(default_port) {}

  void declare(Options& options);

  Duration timeout = std::chrono::seconds(10);

  // Connects to the first of the server's addresses that answers, and runs the job; with --retry,
  // all over again when that fails. Throws what the last attempt threw.
  void run(const std::function<void(Stream& server, Network& network)>& job,
           const Output& output) const;

 private:
  void attempt(const std::function<void(Stream& server, Network& network)>& job) const;

  std::string server_;
  std::uint16_t default_port_;
  std::uint64_t retries_ = 0;
};

}  // namespace netlab
