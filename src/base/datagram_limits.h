// How large a UDP datagram may be, and how many of them one system call may send.
#pragma once

#include <cstddef>

namespace netlab {

// Bytes: 65,535 less the headers of IPv4 and UDP (RFC 768).
inline constexpr std::size_t max_datagram = 65'507;

// DatagramSocket of one size in one sendmsg(2): the kernel's UDP_MAX_SEGMENTS (udp(7)).
inline constexpr std::size_t max_segments = 64;

}  // namespace netlab
