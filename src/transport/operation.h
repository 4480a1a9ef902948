// Operation is one wait: for a client, a connection, bytes, room to send, or time. The serving
// models differ only in how they perform it: make the call and block; try, park the fiber until
// epoll reports the descriptor ready, and retry; or submit it to io_uring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/clock.h"
#include "socket/fd.h"

namespace netlab {

// A descriptor with the state that performers keep for it.
struct Socket {
  Fd fd;
  Duration receive_timeout{};  // SO_RCVTIMEO and SO_SNDTIMEO as last set; 0: none
  Duration send_timeout{};
  bool drained = false;  // the last receive emptied the socket: the next must wait
};

struct Operation {
  enum class Kind { accept, connect, receive, send, send_file, readable, sleep };

  Kind kind;
  Socket* socket = nullptr;  // null: sleep
  Instant deadline = never;
  std::span<std::byte> into{};         // receive
  std::span<const std::byte> bytes{};  // send
  int file = -1;                       // send_file, with offset and count
  std::uint64_t offset = 0;
  std::size_t count = 0;
  Address address{};  // connect: the peer; accept: filled in
  // readable: a descriptor that becomes readable to cancel the wait, for performers that
  // have no other way to stop; -1: none.
  int stop = -1;

  // What the kernel would return, or -errno: -ETIMEDOUT when the deadline passed, -ECANCELED when
  // the server stops.
  long result = 0;

  void* waiter = nullptr;  // for the performer: the waiting task
};

// Makes the operation's system call, once. `accept_flags`: 0 or SOCK_NONBLOCK for the new socket.
// Not for `readable` and `sleep`, which have no system call.
long attempt(Operation& operation, int accept_flags);

}  // namespace netlab
