#include "transport/blocking_performer.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "socket/syscalls.h"

namespace netlab {
namespace {

// Sets the socket's time-out to the time left, unless the one it has is within 1/64 of that: a
// conversation that moves its deadline on with each message then costs no further system call.
// Returns false when no time is left.
bool arm(int fd, int option, Duration& armed, Instant deadline) {
  if (deadline == never && armed == Duration::zero()) return true;
  Duration left = Duration::zero();  // which the kernel takes for no time-out
  if (deadline != never) {
    left = deadline - Clock::now();
    if (left <= Duration::zero()) return false;
    const Duration slack = left / 64;
    if (armed >= left - slack && armed <= left + slack) return true;
  }
  if (call::set_timeout(fd, option, left) == 0) armed = left;
  return true;
}

bool arm(const Operation& operation) {
  Socket& socket = *operation.socket;
  switch (operation.kind) {
    case Operation::Kind::accept:
    case Operation::Kind::receive:
      return arm(socket.fd.get(), SO_RCVTIMEO, socket.receive_timeout, operation.deadline);
    default:
      return arm(socket.fd.get(), SO_SNDTIMEO, socket.send_timeout, operation.deadline);
  }
}

// The socket's time-out bounds each of the pieces in which sendfile(2) sends, and not the whole: a
// peer that takes a little now and then would keep it for ever. So it must not block, and poll(2)
// waits.
long send_file(Operation& operation) {
  const int fd = operation.socket->fd.get();
  long result = call::set_blocking(fd, false);
  while (result >= 0) {
    result = attempt(operation, 0);
    if (result != -EAGAIN) break;
    pollfd writable{fd, POLLOUT, 0};
    result = call::poll({&writable, 1}, operation.deadline);
    if (result == 0) result = -ETIMEDOUT;
  }
  call::set_blocking(fd, true);
  return result;
}

// Of a client that another process takes first, accept(2) must not wait.
long accept_unless_cut(Operation& operation) {
  const int fd = operation.socket->fd.get();
  if (const int result = call::set_blocking(fd, false); result < 0) return result;
  std::array<pollfd, 2> waited_for{pollfd{fd, POLLIN, 0}, pollfd{operation.stop, POLLIN, 0}};
  const int result = call::poll(waited_for, operation.deadline);
  if (result == 0) return -ETIMEDOUT;
  return waited_for[1].revents != 0 ? -ECANCELED : attempt(operation, 0);
}

long wait_until_readable(const Operation& operation) {
  std::array<pollfd, 2> waited_for{pollfd{operation.socket->fd.get(), POLLIN, 0},
                                   pollfd{operation.stop, POLLIN, 0}};  // -1 is not looked at
  const int result = call::poll(waited_for, operation.deadline);
  if (result == 0) return -ETIMEDOUT;
  return waited_for[1].revents != 0 ? -ECANCELED : result;
}

}  // namespace

void BlockingPerformer::perform(Operation& operation) {
  if (operation.kind == Operation::Kind::sleep) {
    std::this_thread::sleep_until(operation.deadline);
    operation.result = -ETIMEDOUT;
  } else if (operation.kind == Operation::Kind::readable) {
    operation.result = wait_until_readable(operation);
  } else if (operation.kind == Operation::Kind::send_file) {
    operation.result = send_file(operation);
  } else if (operation.kind == Operation::Kind::accept && operation.stop >= 0) {
    operation.result = accept_unless_cut(operation);
  } else if (!arm(operation)) {
    operation.result = -ETIMEDOUT;
  } else {
    operation.result = attempt(operation, 0);
    // The kernel's words for a time-out: EAGAIN, of connect(2) EINPROGRESS.
    if (operation.result == -EAGAIN || operation.result == -EINPROGRESS)
      operation.result = -ETIMEDOUT;
  }
}

}  // namespace netlab
