// The only EINTR loop of the project: repeats a system call that a signal interrupted.
#pragma once

#include <cerrno>

namespace netlab {

// Repeats the call while it fails with EINTR. Returns the result of the call, or -errno.
template <typename Call>
auto retry_interrupted(Call&& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0) return result;
    if (errno != EINTR) return static_cast<decltype(result)>(-errno);
  }
}

}  // namespace netlab
