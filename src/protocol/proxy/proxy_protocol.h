// The PROXY protocol, version 2 (HAProxy's proxy-protocol.txt, section 2.2): what a proxy says of
// the client before it passes on the client's bytes.
//
//   signature  12 bytes
//   command     1 byte    0x21 PROXY, 0x20 LOCAL: the proxy speaks for itself
//   family      1 byte    0x11 TCP over IPv4, 0x21 TCP over IPv6, others
//   size        2 bytes   of what follows, big-endian
//   addresses             source, destination (4 or 16 bytes each), their ports (2 bytes each)
//   more                  is skipped
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "transport/stream.h"

namespace netlab::proxy {

inline constexpr std::size_t head_size = 16;  // up to the size
// The specification lets a proxy say more; none does.
inline constexpr std::size_t max_addresses = 4096;

// The size of what follows the head. Throws ProtocolError for what is no such head.
std::size_t parse_head(std::string_view head);
// The client's address, from the head and what follows it; nothing when it is not told: LOCAL, or
// another family. Throws ProtocolError when it is too short for its family.
std::optional<Address> parse_client(std::string_view head, std::string_view behind);

enum class HeaderKind {
  nobody,  // the stream ended before its first byte
  proxy,   // for itself (LOCAL), as when it looks whether we are there
  client,
};

// Takes the header off the stream, and no byte more; from then on its peer is the client that was
// told. Throws SystemError, ProtocolError: that as soon as what has come can't become a header.
HeaderKind read_header(Stream& stream);

}  // namespace netlab::proxy
