#include "protocol/proxy/proxy_protocol.h"

#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/escape.h"

namespace netlab::proxy {
namespace {

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);  // it contains a NUL
constexpr std::string_view version_1_signature = "PROXY ";

constexpr unsigned char version_and_local = 0x20;
constexpr unsigned char version_and_proxy = 0x21;
constexpr unsigned char tcp_over_ipv4 = 0x11;
constexpr unsigned char tcp_over_ipv6 = 0x21;

unsigned char byte_at(std::string_view bytes, std::size_t offset) {
  return static_cast<unsigned char>(bytes[offset]);
}

// Returns the source address. `Raw` is sockaddr_in or sockaddr_in6, whose members have the sizes
// and the byte order of the wire format.
template <typename Raw, typename Host>
Address address_in(std::string_view addresses, int family, Host Raw::*host, in_port_t Raw::*port,
                   sa_family_t Raw::*family_of) {
  constexpr std::size_t size = 2 * sizeof(Host) + 2 * sizeof(in_port_t);
  if (addresses.size() < size)
    throw ProtocolError(
        fmt::format("PROXY header has {} of {} bytes of addresses", addresses.size(), size));
  Raw raw{};
  raw.*family_of = static_cast<sa_family_t>(family);
  std::memcpy(&(raw.*host), addresses.data(), sizeof(Host));
  std::memcpy(&(raw.*port), addresses.data() + 2 * sizeof(Host), sizeof(in_port_t));
  sockaddr_storage storage{};
  std::memcpy(&storage, &raw, sizeof raw);
  return Address::from_raw(storage);
}

// Whether one is a prefix of the other.
bool agree(std::string_view one, std::string_view other) {
  const std::size_t common = std::min(one.size(), other.size());
  return one.substr(0, common) == other.substr(0, common);
}

// Checks a head that may be incomplete. A client that sends no header may wait for a reply, so
// waiting for the rest of the head could take forever.
void check_start(std::string_view start) {
  if (start.starts_with(version_1_signature))
    throw ProtocolError("PROXY header is version 1: only version 2 is supported");
  if (!agree(start, signature) && !agree(start, version_1_signature))
    throw ProtocolError("no PROXY header: \"" + escaped_start(start) + "\"");
}

// Fills `bytes`, and calls `check` on the received part after each read. Returns false if the
// stream ends before the first byte.
template <typename Check>
bool read_all(Stream& stream, std::string& bytes, Check check) {
  for (std::size_t have = 0; have < bytes.size();) {
    const std::size_t got =
        stream.read_some(std::as_writable_bytes(std::span(bytes)).subspan(have));
    if (got == 0 && have == 0) return false;
    if (got == 0) throw ConnectionEnded("connection ended in the middle of the PROXY header");
    have += got;
    check(std::string_view(bytes).substr(0, have));
  }
  return true;
}

}  // namespace

std::size_t parse_head(std::string_view head) {
  check_start(head);
  const unsigned char command = byte_at(head, 12);
  if (command != version_and_local && command != version_and_proxy)
    throw ProtocolError(fmt::format("PROXY header has unknown command {:#04x}", command));
  const std::size_t size = std::size_t{byte_at(head, 14)} << 8 | byte_at(head, 15);
  if (size > max_addresses)
    throw ProtocolError(fmt::format("PROXY header has {} bytes: at most {} are accepted",
                                    head_size + size, head_size + max_addresses));
  return size;
}

std::optional<Address> parse_client(std::string_view head, std::string_view addresses) {
  if (byte_at(head, 12) == version_and_local) return std::nullopt;
  switch (byte_at(head, 13)) {
    case tcp_over_ipv4:
      return address_in(addresses, AF_INET, &sockaddr_in::sin_addr, &sockaddr_in::sin_port,
                        &sockaddr_in::sin_family);
    case tcp_over_ipv6:
      return address_in(addresses, AF_INET6, &sockaddr_in6::sin6_addr, &sockaddr_in6::sin6_port,
                        &sockaddr_in6::sin6_family);
    default:
      return std::nullopt;
  }
}

HeaderKind read_header(Stream& stream) {
  std::string head(head_size, '\0');
  if (!read_all(stream, head, check_start)) return HeaderKind::none;
  std::string addresses(parse_head(head), '\0');
  const auto any = [](std::string_view) {};
  if (!addresses.empty() && !read_all(stream, addresses, any))
    throw ConnectionEnded("connection ended in the middle of the PROXY header");
  if (const auto client = parse_client(head, addresses)) stream.set_peer(*client);
  return byte_at(head, 12) == version_and_local ? HeaderKind::proxy : HeaderKind::client;
}

}  // namespace netlab::proxy
