// Batch describes packets to be sent, stored back to back in one buffer. All have the same size,
// except that the last may be shorter. The kernel sends such a buffer in one call (UDP_SEGMENT,
// udp(7)).
#pragma once

#include <cstddef>

namespace netlab::reliable {

struct Batch {
  std::size_t bytes = 0;    // of all packets; 0: nothing to send
  std::size_t segment = 0;  // of each packet
};

}  // namespace netlab::reliable
