// lingering_close() ends a connection whose peer may still be writing. Closing a socket with unread
// bytes makes TCP send a reset (RFC 2525 section 2.17), which can destroy our last bytes in flight.
#pragma once

#include "transport/network.h"

namespace netlab {

// Finishes writing, then reads and discards until end of file, for at most one second and 1 MiB.
// Errors caused by the peer or the deadline are not thrown.
void lingering_close(Stream& stream, Network& network);

}  // namespace netlab
