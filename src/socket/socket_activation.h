// The socket that whoever started the program has made for it, as systemd does for a service that
// is started when its first client comes (sd_listen_fds(3)).
#pragma once

#include "socket/fd.h"

namespace netlab {

// For a server of streams (SOCK_STREAM) a TCP socket that listens, of datagrams (SOCK_DGRAM) a UDP
// socket that is bound; none when none was passed to this process. LISTEN_PID, LISTEN_FDS and
// LISTEN_FDNAMES are taken out of the environment. Throws std::runtime_error when what was passed
// is anything else, or more than one.
Fd inherited_socket(int type);

// Whether an IPv6 socket takes no IPv4 clients (ipv6(7), IPV6_V6ONLY).
bool is_for_ipv6_alone(const Fd& socket);

}  // namespace netlab
