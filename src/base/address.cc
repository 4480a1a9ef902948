#include "base/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <cstring>

#include "base/error.h"

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

Address Address::from_host(const in_addr& host) {
  Address address;
  address.raw_.v4.sin_addr = host;
  return address;
}

Address Address::from_host(const in6_addr& host, std::uint32_t scope) {
  sockaddr_storage storage{};
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = host;
  v6.sin6_scope_id = scope;
  std::memcpy(&storage, &v6, sizeof v6);
  return from_raw(storage);
}

sockaddr_storage Address::raw_for(int family) const {
  sockaddr_storage storage{};
  if (family != AF_INET6 || raw_.any.sa_family != AF_INET) {
    std::memcpy(&storage, &raw_, raw_size());
    return storage;
  }
  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  mapped.sin6_port = raw_.v4.sin_port;
  mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
  std::memcpy(mapped.sin6_addr.s6_addr + 12, &raw_.v4.sin_addr, 4);
  std::memcpy(&storage, &mapped, sizeof mapped);
  return storage;
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

Address Address::with_port(std::uint16_t port) const {
  Address address = *this;
  (family() == AF_INET ? address.raw_.v4.sin_port : address.raw_.v6.sin6_port) = htons(port);
  return address;
}

bool Address::is_any_v4() const {
  return family() == AF_INET && raw_.v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

bool Address::operator==(const Address& other) const {
  if (family() != other.family() || port() != other.port()) return false;
  if (family() == AF_INET) return raw_.v4.sin_addr.s_addr == other.raw_.v4.sin_addr.s_addr;
  return IN6_ARE_ADDR_EQUAL(&raw_.v6.sin6_addr, &other.raw_.v6.sin6_addr) &&
         raw_.v6.sin6_scope_id == other.raw_.v6.sin6_scope_id;
}

std::string Address::host_key() const {
  if (family() == AF_INET)
    return {reinterpret_cast<const char*>(&raw_.v4.sin_addr), sizeof raw_.v4.sin_addr};
  std::string key(reinterpret_cast<const char*>(&raw_.v6.sin6_addr), sizeof raw_.v6.sin6_addr);
  return key.append(reinterpret_cast<const char*>(&raw_.v6.sin6_scope_id),
                    sizeof raw_.v6.sin6_scope_id);
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
