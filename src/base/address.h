// Address is an IPv4 or IPv6 address with a port, which bind, connect and accept exchange with the
// kernel as a sockaddr. An IPv4-mapped IPv6 address (::ffff:192.0.2.1, an IPv4 client of an IPv6
// socket) becomes an IPv4 Address.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace netlab {

// The last of the System Ports (RFC 6335 section 6). Many services on them reply to any datagram.
inline constexpr std::uint16_t last_system_port = 1023;

class Address {
 public:
  Address();  // 0.0.0.0:0
  // `raw` is as the kernel filled it. Throws SystemError, EAFNOSUPPORT for families other than IP.
  static Address from_raw(const sockaddr_storage& raw);
  // With port 0.
  static Address from_host(const in_addr& host);
  static Address from_host(const in6_addr& host, std::uint32_t scope);
  static Address loopback(std::uint16_t port);  // 127.0.0.1
  static Address any_v4(std::uint16_t port);    // 0.0.0.0, INADDR_ANY in the lab sheets
  static Address any(std::uint16_t port);       // [::], which also accepts IPv4 clients

  // As a socket of this family expects it: for AF_INET6, an IPv4 address is mapped to
  // ::ffff:192.0.2.1.
  sockaddr_storage raw_for(int family) const;
  const sockaddr* raw() const { return &raw_.any; }
  socklen_t raw_size() const;
  int family() const { return raw_.any.sa_family; }
  std::uint16_t port() const;
  Address with_port(std::uint16_t port) const;  // the same host
  bool is_loopback() const;
  bool is_any_v6() const;
  bool is_any_v4() const;
  bool operator==(const Address& other) const;  // host, scope and port

  // Host and scope as bytes, for use as a key. Renaming an interface does not change it.
  std::string host_key() const;
  std::string host() const;  // "127.0.0.1", "::1"
  std::string text() const;  // "127.0.0.1:5001", "[::1]:5001"

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } raw_;
};

}  // namespace netlab
