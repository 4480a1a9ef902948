#include "command/shared/client_options.h"

#include <fmt/core.h>

namespace netlab {
namespace {

constexpr std::uint64_t max_retries = 1'000'000;

}  // namespace

void ClientOptions::declare(Options& options) {
  options.positional("HOST[:PORT]", server,
                     fmt::format("server (default: localhost:{})", default_port));
  declare_timing(options);
}

void ClientOptions::declare_timing(Options& options) {
  options.group("Connection");
  options.seconds("--timeout", timeout, "seconds to wait for the connection and for each reply");
  options.number("--retry", retries, {0, max_retries},
                 "retry up to N times; any progress resets the count");
}

}  // namespace netlab
