// Binds dual-stack sockets: a server without a configured address listens on [::], which also
// accepts IPv4 clients (ipv6(7)), or on 0.0.0.0 if the machine has no IPv6.
#pragma once

#include "base/address.h"
#include "base/error.h"

namespace netlab {

// Calls bind(address), and if address is [::] and the machine has no IPv6, bind(0.0.0.0). Returns
// and throws what `bind` does.
template <typename Bind>
auto bind_to(const Address& address, Bind bind) {
  try {
    return bind(address);
  } catch (const SystemError& error) {
    const bool has_no_ipv6 = error.error() == EAFNOSUPPORT || error.error() == EADDRNOTAVAIL;
    if (!address.is_any_v6() || !has_no_ipv6) throw;
  }
  return bind(Address::any_v4(address.port()));
}

}  // namespace netlab
