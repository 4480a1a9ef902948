// Segments are datagrams of one size, stored one after the other in one buffer. The kernel sends
// and receives many of them with one call (UDP_SEGMENT and UDP_GRO, udp(7)), at a twentieth of the
// cost of one call per datagram.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>

#include "base/address.h"
#include "socket/fd.h"

namespace netlab {

// Returns a socket that receives only from `peer`, and sends datagrams unfragmented or not at all
// (IP_MTU_DISCOVER). `local` is the address to bind to, which other sockets may share
// (SO_REUSEPORT); null means any. `flags` is 0 or SOCK_NONBLOCK. Throws SystemError{"bind
// ADDRESS:PORT"}, {"connect ADDRESS:PORT"}.
Fd connected_udp_socket(const Address& peer, const Address* local, int flags);

// Sets the size of each datagram sent from now on, in bytes; the last of a call may be shorter.
// Returns 0 or -errno.
int set_gso_size(int fd, std::size_t size);

// Receives without waiting, and sets `segment` to the size of each datagram, in bytes; the last may
// be shorter. Returns the total number of bytes, or -errno: -EAGAIN if nothing has arrived.
ssize_t receive_segments(int fd, std::span<std::byte> into, std::size_t& segment);

}  // namespace netlab
