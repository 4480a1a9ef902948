#include "command/shared/impair_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <stdexcept>

#include "base/decimal.h"
#include "command/shared/startup.h"
#include "socket/endpoint.h"

namespace netlab {

void ImpairOptions::declare(Options& options) {
  options.required_positional("LISTEN", listen_,
                              "[HOST:]PORT to listen on (default host: localhost); port 0 picks a "
                              "free port");
  options.required_positional("FORWARD", forward_,
                              "[HOST:]PORT of the server (default host: localhost)");
  options.group("Listening");
  options.number("--max-clients", max_clients_, {1, max_clients_limit},
                 "maximum concurrent clients");
  options.seconds("--idle-timeout", idle_timeout_,
                  "seconds after which a silent client is dropped");
  options.text("--port-file", port_file_, "PATH", "write the port number to PATH once listening");
}

void ImpairOptions::declare_seed(Options& options) {
  options.number("--seed", seed_, {0, max_offset},
                 "seed for the random decisions; the same seed repeats a run (default: random)");
}

// If the name has several addresses, prefers IPv4: the lab sheets' servers listen on IPv4 only.
Address ImpairOptions::address(const std::string& what, const std::string& text) {
  if (text.empty()) throw std::invalid_argument(what + " must not be empty, e.g. localhost:8888");
  const bool is_port = text.find_first_not_of("0123456789") == std::string::npos;
  const Endpoint endpoint = Endpoint::parse(is_port ? ":" + text : text, 0);
  if (endpoint.port != Endpoint::parse(is_port ? ":" + text : text, 1).port)
    throw std::invalid_argument(what + " '" + text + "' must have a port");
  const auto all = resolve(endpoint);
  const auto v4 = std::ranges::find(all, AF_INET, &Address::family);
  return v4 == all.end() ? all.front() : *v4;
}

Address ImpairOptions::server() const {
  const Address server = address("FORWARD", forward_);
  if (server.port() == 0)
    throw std::invalid_argument("FORWARD '" + forward_ + "': the port must not be 0");
  return server;
}

Duration ImpairOptions::idle_timeout() const {
  if (idle_timeout_ == Duration::zero())
    throw std::invalid_argument("--idle-timeout must be greater than 0");
  return idle_timeout_;
}

std::uint64_t ImpairOptions::seed() {
  if (!seed_) seed_ = std::random_device{}();  // 32 bits: easy to type
  return *seed_;
}

void ImpairOptions::announce(const Address& local, const Address& server,
                             const std::string& protocol, const Output& output) {
  const bool is_any = local.is_any_v4() || local.is_any_v6();
  if (server == local || (is_any && server.is_loopback() && server.port() == local.port()))
    throw std::invalid_argument("FORWARD must differ from LISTEN: traffic would loop");
  if (!port_file_.empty()) write_port_file(port_file_, local.port());
  announce_listening(local, local.is_any_v6(), protocol, output);
  Event event{"forwarding", "forwarding to " + server.text(), {{"server", server.text()}}};
  if (seed_) {
    event.text += fmt::format(", seed {}", *seed_);
    event.fields.emplace_back("seed", *seed_);
  }
  output.always(event);
}

}  // namespace netlab
