#include "transport/reliable/settings.h"

#include <algorithm>

#include "transport/reliable/state/receive_buffer.h"

namespace netlab::reliable {

TransportParameters proposed_parameters(const Settings& own) {
  return {.strategy = own.strategy,
          .max_datagram = own.max_datagram,
          .window = own.window,
          .max_data = initial_max_data(own.receive_buffer)};
}

TransportParameters negotiate(const TransportParameters& proposed, const Settings& own) {
  return {.strategy = proposed.strategy,
          .max_datagram = std::min(proposed.max_datagram, own.max_datagram),
          .window = std::min(proposed.window, own.window),
          .max_data = initial_max_data(own.receive_buffer)};
}

}  // namespace netlab::reliable
