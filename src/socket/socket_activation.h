// Socket activation (sd_listen_fds(3)): the parent opens the socket and passes it to the program,
// as systemd does for a service that it starts when the first client connects.
#pragma once

#include "socket/fd.h"

namespace netlab {

// Returns the socket that was passed to this process, or an empty Fd if there is none: a listening
// TCP socket for SOCK_STREAM, a bound UDP socket for SOCK_DGRAM. Removes LISTEN_PID, LISTEN_FDS and
// LISTEN_FDNAMES from the environment. Throws std::runtime_error if another kind of descriptor, or
// more than one, was passed.
Fd inherited_socket(int type);

// Whether an IPv6 socket rejects IPv4 clients (ipv6(7), IPV6_V6ONLY).
bool is_ipv6_only(const Fd& socket);

}  // namespace netlab
