// Operation is one wait: for a client, a connection, bytes, room to send, or time. The serving
// models differ in nothing but how they perform it: by making the call and blocking; by trying,
// parking the fiber until epoll says it is ready, and trying again; or by handing it to io_uring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/clock.h"
#include "socket/fd.h"

namespace netlab {

// A descriptor with what the performers remember of it.
struct Socket {
  Fd fd;
  Duration receive_timeout{};  // SO_RCVTIMEO and SO_SNDTIMEO as last set; 0: none
  Duration send_timeout{};
  bool drained = false;  // the last receive took all there was: the next will have to wait
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
  int stop =
      -1;  // accept, readable: readable when the wait shall end, where a performer has no other way

  // What the kernel would return, or -errno: -ETIMEDOUT when the deadline passed, -ECANCELED when
  // the server stops.
  long result = 0;

  void* waiter = nullptr;  // the performer's own note of who waits
};

// Makes the operation's system call, once. `accept_flags`: 0 or SOCK_NONBLOCK for the new socket.
// Not for `readable` and `sleep`, which have none.
long attempt(Operation& operation, int accept_flags);

}  // namespace netlab
