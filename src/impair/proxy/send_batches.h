// Sends batches of the DelayQueue to the server or to their clients: a batch with one system call
// (UDP_SEGMENT), or datagram by datagram where that is not supported.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "impair/proxy/delay_queue.h"
#include "socket/datagram_io.h"

namespace netlab {

// Sends without waiting. Returns the number of messages that the kernel accepted, from the first
// on, or -errno of the first: send_datagrams() with a socket.
using SendDatagrams = std::function<int(std::span<const Datagram> messages)>;

struct SendReport {
  // A datagram that could not be sent.
  struct Unsent {
    const DelayedBatch* batch;
    std::uint64_t ordinal;
    std::size_t size;
    int error;  // errno
  };

  std::vector<Unsent> unsent;
  std::uint64_t refused = 0;  // ICMP port-unreachable errors, which earlier datagrams caused
};

// `server` is where batches with Direction::up are sent.
SendReport send_batches(std::span<const DelayedBatch> batches, const Address& server,
                        const SendDatagrams& send);

}  // namespace netlab
