// The exit statuses of netlab. Handouts and CI scripts rely on them.
#pragma once

namespace netlab {

enum class ExitStatus {
  done = 0,
  failed = 1,  // refused, reset, timed out, no such file, verification failed, disk full
  usage = 2,
  lost = 3,  // guess: the game was lost
};

}  // namespace netlab
