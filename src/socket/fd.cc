#include "socket/fd.h"

#include "socket/syscalls.h"

namespace netlab {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = other.release();
  }
  return *this;
}

void Fd::reset() {
  // close(2): on Linux the descriptor is gone even after EINTR, so it is never retried.
  if (number_ >= 0) call::close(release());
}

}  // namespace netlab
