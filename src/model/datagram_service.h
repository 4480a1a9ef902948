// DatagramService is a server of messages. It has no connections to divide among processes or
// threads: one loop receives, answers and waits, over one socket, or over one in each of several
// threads, among which the kernel divides the peers (SO_REUSEPORT, socket(7)).
#pragma once

#include <functional>

#include "transport/datagram_socket.h"

namespace netlab {

struct DatagramService {
  // Gives a socket for messages that is bound, to an address that is its own. Called once.
  std::function<Fd()> bind;
  // Serves one socket until done; when stopped, a call throws SystemError ECANCELED. Called by each
  // of the threads.
  std::function<void(DatagramSocket& datagrams)> handle;
  std::size_t sockets = 1;
  int stop = -1;                                        // readable when the server shall stop
  std::function<void(const Address& local)> listening;  // once, before the first message
};

// Throws what binding throws, and what a handler throws when it is not stopped.
void serve_datagrams(const DatagramService& service);

}  // namespace netlab
