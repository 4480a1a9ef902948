// The PROXY protocol, version 2 (HAProxy's proxy-protocol.txt, section 2.2): a header with the
// client's address, which a proxy sends before it forwards the client's bytes.
//
//   signature  12 bytes
//   command     1 byte    0x21 PROXY, 0x20 LOCAL: the proxy connects on its own behalf
//   family      1 byte    0x11 TCP over IPv4, 0x21 TCP over IPv6, others
//   size        2 bytes   length of the rest of the header, big-endian
//   addresses             source, destination (4 or 16 bytes each), their ports (2 bytes each)
//   extensions            skipped
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "transport/stream.h"

namespace netlab::proxy {

inline constexpr std::size_t head_size = 16;  // up to and including the size
// Limit of the addresses and extensions, bytes. The specification allows 65535; no proxy sends that
// many.
inline constexpr std::size_t max_addresses = 4096;

// Returns how many bytes of the header follow its head. Throws ProtocolError if the head is
// invalid.
std::size_t parse_head(std::string_view head);
// Returns the client's address from the head and the bytes after it; nullopt if the header has
// none: LOCAL, or another family. Throws ProtocolError if the addresses are too short for their
// family.
std::optional<Address> parse_client(std::string_view head, std::string_view addresses);

enum class HeaderKind {
  none,   // the stream ended before its first byte
  proxy,  // LOCAL, e.g. a health check
  client,
};

// Reads exactly the header from the stream, and sets the stream's peer to the client's address.
// Throws SystemError, ConnectionEnded; ProtocolError as soon as the received bytes cannot be the
// start of a header.
HeaderKind read_header(Stream& stream);

}  // namespace netlab::proxy
