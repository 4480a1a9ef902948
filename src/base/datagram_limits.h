// The maximum size of a UDP datagram, and how many of them one sendmsg(2) may carry.
#pragma once

#include <cstddef>

namespace netlab {

// Bytes: 65,535 minus the headers of IPv4 and UDP (RFC 768).
inline constexpr std::size_t max_datagram = 65'507;

// The most datagrams of one size in one sendmsg(2): the kernel's UDP_MAX_SEGMENTS (udp(7)).
inline constexpr std::size_t max_segments = 64;

}  // namespace netlab
