#include "socket/syscalls.h"
#include "transport/tcp.h"

namespace netlab {

std::unique_ptr<Listener> TcpNetwork::listen(const Address& address) {
  return std::make_unique<TcpListener>(performer_, address);
}

std::unique_ptr<Listener> TcpNetwork::adopt(Fd listening) {
  return std::make_unique<TcpListener>(performer_, std::move(listening));
}

std::unique_ptr<Stream> TcpNetwork::connect(const Address& address, Instant deadline) {
  Fd fd = call::socket(address.family(), SOCK_STREAM | performer_.socket_flags());
  auto stream = std::make_unique<TcpStream>(performer_, std::move(fd), address);
  stream->connect(deadline);
  return stream;
}

}  // namespace netlab
