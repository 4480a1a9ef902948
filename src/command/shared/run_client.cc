#include "command/shared/run_client.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <thread>

#include "base/error.h"
#include "trace/log.h"
#include "transport/blocking_performer.h"
#include "transport/transports.h"

namespace netlab {
namespace {

// Tries the addresses in the order of getaddrinfo(3) (RFC 6724). Each may use an equal share of the
// remaining time.
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

void run_client(const ClientOptions& options, const ClientJob& job, const Output& output) {
  const auto run_once = [&](Attempt& attempt) {
    BlockingPerformer performer;
    const auto network = options.transport.transport().over(performer);
    const auto addresses = resolve(options.endpoint());
    job([&] { return connect_to_any(*network, addresses, options.timeout); }, *network, attempt);
  };
  retry({options.retries, Backoff(std::random_device{}())}, run_once,
        [&](const std::exception& error, Duration pause) {
          output.note(fmt::format("{}; retrying", error.what()));
          std::this_thread::sleep_for(pause);
        });
}

}  // namespace netlab
