// Endpoint is what a person writes: HOST, HOST:PORT or [v6]:PORT; resolve() asks the system which
// addresses that means.
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

  // An empty text or host is localhost. Throws std::invalid_argument when the port is no number
  // from 0 to 65535 or a bracket is missing.
  static Endpoint parse(std::string_view text, std::uint16_t default_port);

  std::string text() const;
};

// All stream addresses of the endpoint, in the order to try them (getaddrinfo(3), RFC 6724); never
// empty. Numeric hosts ask no server. Throws std::runtime_error "resolve HOST: why".
std::vector<Address> resolve(const Endpoint& endpoint);

}  // namespace netlab
