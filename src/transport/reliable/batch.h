// Batch is what an end wants sent: packets one behind the other in one buffer, all of the same size
// but the last, which may be shorter. The kernel takes them so in one call (UDP_SEGMENT, udp(7)).
#pragma once

#include <cstddef>

namespace netlab::reliable {

struct Batch {
  std::size_t bytes = 0;    // of all; 0: there is nothing to send
  std::size_t segment = 0;  // of each packet
};

}  // namespace netlab::reliable
