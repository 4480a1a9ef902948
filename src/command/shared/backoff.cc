#include "command/shared/backoff.h"

#include <algorithm>
#include <utility>

namespace netlab {

Duration Backoff::next() {
  const Duration half = std::exchange(pause_, std::min(2 * pause_, longest)) / 2;
  return half + Duration(std::uniform_int_distribution<Duration::rep>(0, half.count())(chance_));
}

}  // namespace netlab
