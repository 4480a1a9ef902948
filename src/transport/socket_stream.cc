#include "transport/socket_stream.h"

#include <utility>

#include "socket/syscalls.h"

namespace netlab {

SocketStream::SocketStream(Performer& performer, Fd socket, const Address& peer)
    : Stream(peer), performer_(performer), socket_{.fd = std::move(socket)} {}

SocketStream::~SocketStream() {
  performer_.forget(socket_);
}

std::optional<Operation> SocketStream::first_wait() {
  return Operation{.kind = Operation::Kind::readable, .socket = &socket_, .deadline = deadline()};
}

Address SocketStream::local() const {
  return call::local_address(socket_.fd.get());
}

}  // namespace netlab
