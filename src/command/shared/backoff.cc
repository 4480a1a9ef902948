#include "command/shared/backoff.h"

#include <algorithm>

namespace netlab {

Duration Backoff::next() {
  const Duration half = pause_ / 2;
  pause_ = std::min(2 * pause_, longest);
  return half + Duration(std::uniform_int_distribution<Duration::rep>(0, half.count())(chance_));
}

}  // namespace netlab
