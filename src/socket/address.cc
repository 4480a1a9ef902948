#include "socket/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <cstring>

#include "socket/error.h"

namespace netlab {

Address::Address() {
  std::memset(&raw_, 0, sizeof raw_);
  raw_.v4.sin_family = AF_INET;
}

Address Address::from_raw(const sockaddr_storage& raw) {
  Address address;
  if (raw.ss_family == AF_INET) {
    std::memcpy(&address.raw_.v4, &raw, sizeof(sockaddr_in));
    return address;
  }
  if (raw.ss_family != AF_INET6) throw SystemError("read an address", EAFNOSUPPORT);
  std::memcpy(&address.raw_.v6, &raw, sizeof(sockaddr_in6));
  const sockaddr_in6 v6 = address.raw_.v6;
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    address = Address();
    address.raw_.v4.sin_port = v6.sin6_port;
    std::memcpy(&address.raw_.v4.sin_addr, v6.sin6_addr.s6_addr + 12, 4);
  }
  return address;
}

Address Address::loopback(std::uint16_t port) {
  Address address = any_v4(port);
  address.raw_.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Address Address::any_v4(std::uint16_t port) {
  Address address;
  address.raw_.v4.sin_port = htons(port);
  return address;
}

Address Address::any(std::uint16_t port) {
  Address address;
  std::memset(&address.raw_, 0, sizeof address.raw_);
  address.raw_.v6.sin6_family = AF_INET6;
  address.raw_.v6.sin6_port = htons(port);
  return address;
}

socklen_t Address::raw_size() const {
  return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

std::uint16_t Address::port() const {
  return ntohs(family() == AF_INET ? raw_.v4.sin_port : raw_.v6.sin6_port);
}

bool Address::is_loopback() const {
  if (family() == AF_INET) return ntohl(raw_.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  return IN6_IS_ADDR_LOOPBACK(&raw_.v6.sin6_addr);
}

bool Address::is_any_v6() const {
  return family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&raw_.v6.sin6_addr);
}

std::string Address::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) return inet_ntop(AF_INET, &raw_.v4.sin_addr, text, sizeof text);
  std::string host = inet_ntop(AF_INET6, &raw_.v6.sin6_addr, text, sizeof text);
  char interface[IF_NAMESIZE];
  // RFC 4007 section 11: a link-local address means nothing without its zone.
  if (raw_.v6.sin6_scope_id && if_indextoname(raw_.v6.sin6_scope_id, interface))
    host.append("%").append(interface);
  return host;
}

std::string Address::text() const {
  const std::string number = std::to_string(port());
  return family() == AF_INET ? host() + ":" + number : "[" + host() + "]:" + number;
}

}  // namespace netlab
