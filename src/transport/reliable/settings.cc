#include "transport/reliable/settings.h"

#include <algorithm>

#include "transport/reliable/state/receive_buffer.h"

namespace netlab::reliable {

Terms proposed(const Settings& own) {
  return {.strategy = own.strategy,
          .largest = own.largest,
          .window = own.window,
          .limit = first_limit(own.receive_buffer)};
}

Terms agreed(const Terms& proposed, const Settings& own) {
  return {.strategy = proposed.strategy,
          .largest = std::min(proposed.largest, own.largest),
          .window = std::min(proposed.window, own.window),
          .limit = first_limit(own.receive_buffer)};
}

}  // namespace netlab::reliable
