// accept(2) for a server that must not end: which errors are a client's, which pass, which are
// final.
#include "base/error.h"
#include "socket/dual_stack.h"
#include "socket/syscalls.h"
#include "transport/tcp.h"

namespace netlab {
namespace {

// Out of descriptors or memory: how long until the next attempt.
constexpr auto shortage_pause = std::chrono::milliseconds(50);

// The connection is gone before we saw it, or the network's own errors, which accept(2) of Linux
// passes on: "should be treated like EAGAIN by retrying".
bool is_the_clients(int error) {
  switch (error) {
    case ECONNABORTED:
    case ETIMEDOUT:
    case EAGAIN:
    case EPROTO:
    case EPERM:  // a firewall's rule
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

// The server stops, or in accept(2)'s word of a listening socket that was shut down: EINVAL.
bool is_over(long result) {
  return result == -ECANCELED || result == -EINVAL;
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

Fd bound(const Address& address, int flags) {
  Fd fd = call::socket(address.family(), SOCK_STREAM | flags);
  // Lets a server start again while connections of the last one are in TIME_WAIT (socket(7)).
  call::set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.is_any_v6()) call::set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  call::bind(fd.get(), address);
  return fd;
}

}  // namespace

TcpListener::TcpListener(Performer& performer, const Address& address) : performer_(performer) {
  const int flags = performer.socket_flags();
  socket_.fd = bind_to(address, [flags](const Address& there) { return bound(there, flags); });
  call::listen(socket_.fd.get(), SOMAXCONN);
}

TcpListener::TcpListener(Performer& performer, Fd listening)
    : performer_(performer), stop_(call::event_descriptor()) {
  call::set_blocking(listening.get(), (performer.socket_flags() & SOCK_NONBLOCK) == 0);
  socket_.fd = std::move(listening);
}

TcpListener::~TcpListener() {
  performer_.forget(socket_);
}

std::unique_ptr<Stream> TcpListener::accept() {
  for (;;) {
    Operation accept{.kind = Operation::Kind::accept, .socket = &socket_, .stop = stop_.get()};
    performer_.perform(accept);
    if (auto client = client_of(accept)) return client;
    if (is_over(accept.result)) return nullptr;
  }
}

std::unique_ptr<Stream> TcpListener::try_accept() {
  Operation accept{.kind = Operation::Kind::accept, .socket = &socket_};
  accept.result = attempt(accept, performer_.socket_flags());
  return client_of(accept);
}

int TcpListener::poll_fd() {
  call::set_blocking(socket_.fd.get(), false);
  return socket_.fd.get();
}

std::unique_ptr<Stream> TcpListener::client_of(const Operation& accepted) {
  const int error = static_cast<int>(-accepted.result);
  if (accepted.result >= 0)
    return std::make_unique<TcpStream>(performer_, Fd(static_cast<int>(accepted.result)),
                                       accepted.address);
  if (is_over(accepted.result) || is_the_clients(error)) return nullptr;
  if (!is_shortage(error)) throw SystemError("accept", error);
  accept_errors_.add(performer_.now(), std::generic_category().message(error) + "; trying again");
  Operation pause{.kind = Operation::Kind::sleep, .deadline = performer_.now() + shortage_pause};
  performer_.perform(pause);  // a stop ends it, and then also what the caller waits for next
  return nullptr;
}

Address TcpListener::local() const {
  return call::local_address(socket_.fd.get());
}

void TcpListener::stop_accepting() {
  // shutdown(2) would end the listening for all who hold the socket.
  if (stop_)
    call::raise_event(stop_.get());
  else
    call::shutdown(socket_.fd.get(), SHUT_RDWR);
}

}  // namespace netlab
