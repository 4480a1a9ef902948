#include "command/shared/client_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <thread>

#include "base/error.h"
#include "socket/endpoint.h"
#include "trace/log.h"
#include "transport/blocking_performer.h"
#include "transport/transports.h"

namespace netlab {
namespace {

constexpr std::uint64_t max_retries = 1'000'000;

// Tries the addresses in the order they came (RFC 6724), each with its share of what is left of the
// time.
std::unique_ptr<Stream> connect_to_any(Network& network, const std::vector<Address>& addresses,
                                       Duration timeout) {
  const Instant deadline = add_saturating(network.now(), timeout);
  for (std::size_t i = 0;; ++i) {
    const Instant now = network.now();
    const auto left = std::max(deadline - now, Duration::zero());
    try {
      auto server =
          network.connect(addresses[i], add_saturating(now, left / (addresses.size() - i)));
      server->set_deadline(add_saturating(network.now(), timeout));
      return server;
    } catch (const SystemError& error) {
      if (i + 1 == addresses.size()) throw;
      log::note("{}; trying the next address", error.what());
    }
  }
}

}  // namespace

void ClientOptions::declare(Options& options) {
  options.positional("HOST[:PORT]", server_,
                     fmt::format("server (default: localhost:{})", default_port_));
  declare_timing(options);
}

void ClientOptions::declare_timing(Options& options) {
  options.group("Connection");
  options.seconds("--timeout", timeout, "seconds to wait for the connection and for each reply");
  options.number("--retry", retries_, max_retries,
                 "retry up to N times; any progress resets the count");
}

std::vector<Address> ClientOptions::addresses() const {
  return resolve(Endpoint::parse(server_, default_port_));
}

void ClientOptions::moved(std::uint64_t done, Attempt& attempt) {
  if (!from_) from_ = done;
  if (seen_ && done > *seen_) {
    moved_ += done - *seen_;
    attempt.made_progress = true;
  }
  seen_ = done;
}

void ClientOptions::run(const Job& job, const Output& output) {
  const auto run_once = [&](Attempt& attempt) {
    seen_.reset();
    BlockingPerformer performer;
    const auto network = transport_.transport().over(performer);
    const auto there = addresses();
    job([&] { return connect_to_any(*network, there, timeout); }, *network, attempt);
  };
  retry({retries_, Backoff(std::random_device{}())}, run_once,
        [&](const std::exception& error, Duration pause) {
          output.note(fmt::format("{}; retrying", error.what()));
          std::this_thread::sleep_for(pause);
        });
}

}  // namespace netlab
