// The one EINTR loop of the project: a system call that a signal interrupted is made again.
#pragma once

#include <cerrno>

namespace netlab {

// Calls until it is not interrupted. Returns what the call returned, or -errno.
template <typename Call>
auto retry_interrupted(Call&& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0) return result;
    if (errno != EINTR) return static_cast<decltype(result)>(-errno);
  }
}

}  // namespace netlab
