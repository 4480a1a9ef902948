// Segments are datagrams of one size, one behind the other in one buffer: the kernel takes and
// gives many of them with one call (UDP_SEGMENT and UDP_GRO, udp(7)), which costs a twentieth of
// one call each.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>

#include "base/address.h"
#include "socket/fd.h"

namespace netlab {

// A socket that takes datagrams from `peer` alone, and sends them whole or not at all
// (IP_MTU_DISCOVER). `local`: where it is bound, together with others (SO_REUSEPORT), or null:
// anywhere. `flags`: 0 or SOCK_NONBLOCK. Throws SystemError{"bind ADDRESS:PORT"}, {"connect
// ADDRESS:PORT"}.
Fd connected_udp_socket(const Address& peer, const Address* local, int flags);

// How long each datagram is of what is sent from now on; the last of a call may be shorter. Returns
// 0 or -errno.
int set_gso_size(int fd, std::size_t size);

// Takes what has come, without waiting: datagrams of `segment` bytes, of which the last may be
// shorter. Returns how many bytes, or -errno, -EAGAIN when there is nothing.
ssize_t receive_segments(int fd, std::span<std::byte> into, std::size_t& segment);

}  // namespace netlab
