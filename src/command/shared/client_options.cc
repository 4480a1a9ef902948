#include "command/shared/client_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

#include "base/error.h"
#include "command/shared/backoff.h"
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

// Whether a further attempt may fare better: the network's troubles, and not the disk's or ours.
bool may_pass(const std::exception& error) {
  if (dynamic_cast<const TemporaryError*>(&error)) return true;
  const auto* const failed = dynamic_cast<const SystemError*>(&error);
  return failed && is_of_network(*failed);
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

void ClientOptions::attempt(const Job& job, bool& repeatable) const {
  BlockingPerformer performer;
  const auto network = transport_.transport().over(performer);
  const auto there = addresses();
  const auto connect = [&] { return connect_to_any(*network, there, timeout); };
  job(connect, *network, repeatable);
}

void ClientOptions::moved(std::uint64_t done) {
  if (!from_) from_ = done;
  if (seen_ && done > *seen_) {
    moved_ += done - *seen_;
    has_moved_ = true;
  }
  seen_ = done;
}

void ClientOptions::run(const Job& job, const Output& output) {
  BlockingPerformer performer;
  Backoff pause{std::random_device{}()};
  bool repeatable = true;
  for (;; ++failures_) {
    seen_.reset();
    try {
      attempt(job, repeatable);
      return;
    } catch (const std::exception& error) {
      if (std::exchange(has_moved_, false)) {
        failures_ = 0;
        pause.reset();
      }
      if (!may_try_again() || !repeatable || !may_pass(error)) throw;
      output.note(fmt::format("{}; retrying", error.what()));
    }
    tcp().over(performer)->sleep_until(add_saturating(Clock::now(), pause.next()));
  }
}

}  // namespace netlab
