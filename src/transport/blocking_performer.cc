#include "transport/blocking_performer.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "socket/syscalls.h"

namespace netlab {
namespace {

// Sets the socket's timeout to the time left, unless the timeout already set is within 1/64 of it.
// A conversation that extends its deadline with each message then needs no extra system call.
// Returns false when no time is left.
bool set_timeout(int fd, int option, Duration& current, Instant deadline) {
  if (deadline == never && current == Duration::zero()) return true;
  Duration left = Duration::zero();  // means no timeout to the kernel
  if (deadline != never) {
    left = deadline - Clock::now();
    if (left <= Duration::zero()) return false;
    const Duration slack = left / 64;
    if (current >= left - slack && current <= left + slack) return true;
  }
  if (call::set_timeout(fd, option, left) == 0) current = left;
  return true;
}

bool set_timeout(const Operation& operation) {
  Socket& socket = *operation.socket;
  if (operation.kind == Operation::Kind::receive)
    return set_timeout(socket.fd.get(), SO_RCVTIMEO, socket.receive_timeout, operation.deadline);
  return set_timeout(socket.fd.get(), SO_SNDTIMEO, socket.send_timeout, operation.deadline);
}

// The socket's timeout applies to each piece that sendfile(2) sends, not to the whole call: a peer
// that reads a little now and then could block it forever. So the socket is made non-blocking and
// poll(2) waits.
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

long wait_until_readable(const Operation& operation) {
  std::array<pollfd, 2> polled{pollfd{operation.socket->fd.get(), POLLIN, 0},
                               pollfd{operation.stop, POLLIN, 0}};  // -1 is ignored
  const int result = call::poll(polled, operation.deadline);
  if (result == 0) return -ETIMEDOUT;
  return polled[1].revents != 0 ? -ECANCELED : result;
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
  } else if (!set_timeout(operation)) {
    operation.result = -ETIMEDOUT;
  } else {
    operation.result = attempt(operation, 0);
    // The kernel reports a timeout as EAGAIN, in connect(2) as EINPROGRESS.
    if (operation.result == -EAGAIN || operation.result == -EINPROGRESS)
      operation.result = -ETIMEDOUT;
  }
}

}  // namespace netlab
