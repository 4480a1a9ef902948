// Ending a connection whose peer may still be writing: to close with unread bytes makes TCP send a
// reset (RFC 2525 section 2.17), which can destroy our last words on their way.
#pragma once

#include "transport/network.h"

namespace netlab {

// Finishes writing, then reads and drops what comes until the peer has finished, for one second and
// 1 MiB at most. Throws nothing that the peer does.
void lingering_close(Stream& stream, Network& network);

}  // namespace netlab
