#include "transport/transports.h"

#include "transport/tcp.h"

namespace netlab {
namespace {

template <typename AnyNetwork>
std::unique_ptr<Network> make(Performer& performer) {
  return std::make_unique<AnyNetwork>(performer);
}

constexpr Transport rows[] = {
    {"tcp", "the kernel's TCP", make<TcpNetwork>},
};

}  // namespace

std::span<const Transport> transports() {
  return rows;
}
const Transport& tcp() {
  return rows[0];
}

}  // namespace netlab
