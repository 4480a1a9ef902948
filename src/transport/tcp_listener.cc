// accept(2) for a server that must keep running: which errors concern one client only, which are
// temporary and which are fatal.
#include "base/error.h"
#include "socket/dual_stack.h"
#include "socket/syscalls.h"
#include "transport/tcp.h"

namespace netlab {
namespace {

// The pause before the next attempt when descriptors or memory have run out.
constexpr auto shortage_pause = std::chrono::milliseconds(50);

// The connection ended before it was accepted, or had a network error pending, which accept(2) on
// Linux reports: "should be treated like EAGAIN by retrying".
bool is_of_client(int error) {
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

// ECANCELED: the server stops. EINVAL: the listening socket was shut down (accept(2)).
bool is_stopped(long result) {
  return result == -ECANCELED || result == -EINVAL;
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

Fd bound(const Address& address, int flags) {
  Fd fd = call::socket(address.family(), SOCK_STREAM | flags);
  // Lets a server restart while connections of the previous one are in TIME_WAIT (socket(7)).
  call::set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.is_any_v6()) call::set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  call::bind(fd.get(), address);
  return fd;
}

}  // namespace

TcpListener::TcpListener(Performer& performer, const Address& address) : performer_(performer) {
  const int flags = performer.socket_flags();
  socket_.fd =
      bind_to(address, [flags](const Address& bindable) { return bound(bindable, flags); });
  call::listen(socket_.fd.get(), SOMAXCONN);
}

TcpListener::TcpListener(Performer& performer, Fd listening)
    : performer_(performer), stop_(call::event_descriptor()) {
  call::set_blocking(listening.get(), false);  // another process may accept the client first
  socket_.fd = std::move(listening);
}

TcpListener::~TcpListener() {
  performer_.forget(socket_);
}

std::unique_ptr<Stream> TcpListener::accept(Instant deadline) {
  for (;;) {
    Operation accept{.kind = Operation::Kind::accept, .socket = &socket_};
    if (stop_ || deadline != never) {
      // Other processes may share the socket, and its flags and timeouts: wait without them.
      Operation readable{.kind = Operation::Kind::readable,
                         .socket = &socket_,
                         .deadline = deadline,
                         .stop = stop_.get()};
      performer_.perform(readable);
      accept.result =
          readable.result < 0 ? readable.result : attempt(accept, performer_.socket_flags());
    } else {
      performer_.perform(accept);
    }
    if (accept.result == -ETIMEDOUT && performer_.now() >= deadline)
      throw SystemError("accept", ETIMEDOUT);
    if (auto client = make_client(accept)) return client;
    if (is_stopped(accept.result)) return nullptr;
  }
}

std::unique_ptr<Stream> TcpListener::try_accept() {
  Operation accept{.kind = Operation::Kind::accept, .socket = &socket_};
  accept.result = attempt(accept, performer_.socket_flags());
  return make_client(accept);
}

int TcpListener::poll_fd() {
  call::set_blocking(socket_.fd.get(), false);
  return socket_.fd.get();
}

std::unique_ptr<Stream> TcpListener::make_client(const Operation& accepted) {
  const int error = static_cast<int>(-accepted.result);
  if (accepted.result >= 0)
    return std::make_unique<TcpStream>(performer_, Fd(static_cast<int>(accepted.result)),
                                       accepted.address);
  if (is_stopped(accepted.result) || is_of_client(error)) return nullptr;
  if (!is_shortage(error)) throw SystemError("accept", error);
  accept_errors_.add(performer_.now(), std::generic_category().message(error) + "; retrying");
  Operation pause{.kind = Operation::Kind::sleep, .deadline = performer_.now() + shortage_pause};
  performer_.perform(pause);  // a stop cancels this pause and the caller's next wait
  return nullptr;
}

Address TcpListener::local() const {
  return call::local_address(socket_.fd.get());
}

void TcpListener::stop_accepting() {
  // shutdown(2) would stop the socket for every process that shares it.
  if (stop_)
    call::raise_event(stop_.get());
  else
    call::shutdown(socket_.fd.get(), SHUT_RDWR);
}

}  // namespace netlab
