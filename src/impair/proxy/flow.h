// Flow is what a relay keeps of one client: where it is, the socket through which the server sees
// it, and the links that its packets go through, one each way.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/clock.h"
#include "impair/link.h"
#include "socket/fd.h"

namespace netlab {

enum class Direction { up, down };  // from a client to the server, and back

struct Flow {
  std::uint64_t number;  // counted from 1, as clients came
  Address client;
  Address local;  // our address that it asked
  Fd server;      // connected to the server
  Link up;
  Link down;
  Instant last_heard{};
  std::size_t batches_in_flight = 0;  // parcels
};

}  // namespace netlab
