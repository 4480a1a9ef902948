#include "transport/transports.h"

#include "transport/reliable_network.h"
#include "transport/tcp.h"

namespace netlab {
namespace {

template <typename AnyNetwork>
std::unique_ptr<Network> make(Performer& performer) {
  return std::make_unique<AnyNetwork>(performer);
}

}  // namespace

std::span<const Transport> transports() {
  static const Transport rows[] = {
      {"tcp", "the kernel's TCP", make<TcpNetwork>, true},
      {"reliable_udp", "netlab's reliable transport over UDP", make<ReliableNetwork>, false},
  };
  return rows;
}
const Transport& tcp() {
  return transports()[0];
}
const Transport& reliable_udp() {
  return transports()[1];
}

}  // namespace netlab
