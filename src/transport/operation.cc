#include "transport/operation.h"

#include <cassert>

#include "socket/syscalls.h"

namespace netlab {

long attempt(Operation& operation, int accept_flags) {
  Socket& socket = *operation.socket;
  const int fd = socket.fd.get();
  switch (operation.kind) {
    case Operation::Kind::accept:
      return call::accept(fd, operation.address, accept_flags);
    case Operation::Kind::connect:
      return call::connect(fd, operation.address);
    case Operation::Kind::send:
      return call::send(fd, operation.bytes);
    case Operation::Kind::send_file:
      return call::send_file(fd, operation.file, operation.offset, operation.count);
    case Operation::Kind::receive: {
      const ssize_t got = call::receive(fd, operation.into);
      socket.drained = got < static_cast<ssize_t>(operation.into.size());
      return got;
    }
    case Operation::Kind::readable:
    case Operation::Kind::sleep:
      break;
  }
  assert(!"this operation has no system call");
  return -1;
}

}  // namespace netlab
