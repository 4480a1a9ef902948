// CallRecord describes one system call on a socket, or one operation that io_uring(7) carried out:
// its name, its arguments in order, and its result. A Sink (trace/trace.h) prints it, stores it or
// draws it.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace netlab::trace {

// The kinds of arguments. All are views: they are valid only during Sink::write().
struct Descriptor {
  int fd;
};
struct Number {
  std::int64_t value;
};
// A number that the argument points to, e.g. an option's value.
struct Pointed {
  std::int64_t value;
};
// Bytes sent or received.
struct Bytes {
  std::span<const std::byte> bytes;
};
struct SocketAddress {
  const sockaddr* raw;  // AF_INET or AF_INET6
};
// unix(7): a path, or a NUL and an abstract name.
struct UnixAddress {
  std::span<const char> name;
};
// A constant of the socket API, or several joined by |.
struct Flag {
  enum class Kind { family, type, message, level, option, shutdown, epoll_action, events } kind;
  int value;
  int level = 0;  // of an option
};
struct Polled {
  std::span<const pollfd> fds;
};
// The datagrams of recvmmsg(2) or sendmmsg(2), of which only the first is described.
struct FirstDatagram {
  SocketAddress peer;
  Bytes bytes;
  bool is_only;
};
// Datagrams of `segment` bytes each that were received as one (UDP_GRO in udp(7)).
struct Segments {
  Bytes bytes;
  std::size_t segment;
};
// An argument that is not described further, e.g. NULL; printed as it is.
struct Literal {
  const char* text;
};

using Argument = std::variant<Descriptor, Number, Pointed, Bytes, SocketAddress, UnixAddress, Flag,
                              Polled, FirstDatagram, Segments, Literal, timeval, timespec>;

struct CallRecord {
  Instant time;  // when the call returned
  pid_t thread;  // gettid(2)
  std::string_view name;
  std::span<const Argument> arguments;
  std::int64_t result;  // or -errno
  bool by_io_uring;
};

}  // namespace netlab::trace
