// A server that was given no address listens on [::], which takes IPv4 clients as well (ipv6(7));
// on a machine without IPv6, on 0.0.0.0.
#pragma once

#include "base/address.h"
#include "base/error.h"

namespace netlab {

// Gives what `bind` gives for the address. Throws what it throws.
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
