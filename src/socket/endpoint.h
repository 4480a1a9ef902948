// Endpoint is a host and a port as a user writes them: HOST, HOST:PORT or [v6]:PORT. resolve()
// looks up its addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace netlab {

struct Endpoint {
  std::string host;
  std::uint16_t port;

  // An empty text or host means localhost. Throws std::invalid_argument if the port is not a number
  // from 0 to 65535 or a bracket is missing.
  static Endpoint parse(std::string_view text, std::uint16_t default_port);

  std::string text() const;
};

// All stream addresses of the endpoint, in the order to try them (getaddrinfo(3), RFC 6724); never
// empty. A numeric host needs no DNS query. Throws std::runtime_error{"resolve HOST: CAUSE"}, or
// SystemError{"resolve HOST"}.
std::vector<Address> resolve(const Endpoint& endpoint);

}  // namespace netlab
