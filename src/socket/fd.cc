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
  // On Linux, close(2) frees the descriptor even if it fails with EINTR, so it is never retried.
  if (number_ >= 0) call::close(release());
}

}  // namespace netlab
