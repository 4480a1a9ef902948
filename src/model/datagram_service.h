// DatagramService describes a datagram server. It has no connections to distribute among processes
// or threads: one loop waits, receives and replies on one socket. With several sockets, each has
// its own thread, and the kernel distributes the peers among them (SO_REUSEPORT, socket(7)).
#pragma once

#include <functional>

#include "transport/datagram_socket.h"

namespace netlab {

struct DatagramService {
  // Returns a datagram socket bound to an address it does not share. Called once.
  std::function<Fd()> bind;
  // Serves one socket until done; on a stop, receive() throws SystemError ECANCELED. Called by each
  // thread.
  std::function<void(DatagramSocket& datagrams)> handle;
  std::size_t sockets = 1;
  int stop = -1;                                        // becomes readable to stop the server
  std::function<void(const Address& local)> listening;  // called once, before the first message
};

// Returns after a stop, or when one handler has returned. Throws what binding throws, and what a
// handler throws other than ECANCELED.
void serve_datagrams(const DatagramService& service);

}  // namespace netlab
