// Flow is the state of one client of the UDP proxy: its address, the socket through which the proxy
// talks to the server for this client, and one link for each direction.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/clock.h"
#include "impair/link.h"
#include "socket/fd.h"

namespace netlab {

enum class Direction { up, down };  // up: from a client to the server; down: back

struct Flow {
  std::uint64_t number;  // counted from 1, in the order of their first datagrams
  Address client;
  Address local;  // our address that the client sent to
  Fd server;      // connected to the server
  Link up;
  Link down;
  Instant last_heard{};               // when the last datagram arrived, in either direction
  std::size_t batches_in_flight = 0;  // in the DelayQueue
};

}  // namespace netlab
