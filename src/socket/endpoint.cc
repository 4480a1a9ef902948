#include "socket/endpoint.h"

#include <netdb.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "base/error.h"

namespace netlab {
namespace {

std::uint16_t parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("port '" + std::string(text) +
                                "' must be a number from 0 to 65535");
  return port;
}

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

AddressList look_up(const Endpoint& endpoint, int flags, int& error) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  error = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found);
  return {error == 0 ? found : nullptr, &freeaddrinfo};
}

}  // namespace

Endpoint Endpoint::parse(std::string_view text, std::uint16_t default_port) {
  std::string_view host = text;
  std::uint16_t port = default_port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos)
      throw std::invalid_argument("'" + std::string(text) + "' is missing its closing bracket");
    host = text.substr(1, bracket - 1);
    const std::string_view rest = text.substr(bracket + 1);
    if (!rest.empty() && rest.front() != ':')
      throw std::invalid_argument("'" + std::string(text) + "' must be [ADDRESS]:PORT");
    if (!rest.empty()) port = parse_port(rest.substr(1));
  } else if (const std::size_t colon = text.find(':');
             colon != std::string_view::npos && colon == text.rfind(':')) {
    // More than one colon and no bracket: a bare IPv6 address.
    host = text.substr(0, colon);
    port = parse_port(text.substr(colon + 1));
  }
  return {host.empty() ? "localhost" : std::string(host), port};
}

std::string Endpoint::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

namespace {
// For a system without /etc/hosts, e.g. a minimal container: "localhost" always means the loopback
// addresses (RFC 6761, section 6.3).
std::vector<Address> loopback_addresses(std::uint16_t port) {
  return {resolve({"::1", port}).front(), resolve({"127.0.0.1", port}).front()};
}
}  // namespace

std::vector<Address> resolve(const Endpoint& endpoint) {
  int error = 0;
  AddressList found = look_up(endpoint, AI_NUMERICHOST, error);
  if (error == EAI_NONAME) found = look_up(endpoint, 0, error);
  if (error != 0 && endpoint.host == "localhost") return loopback_addresses(endpoint.port);
  if (error == EAI_SYSTEM) throw SystemError("resolve " + endpoint.host);
  if (error != 0) throw std::runtime_error("resolve " + endpoint.host + ": " + gai_strerror(error));
  std::vector<Address> addresses;
  for (const addrinfo* entry = found.get(); entry; entry = entry->ai_next) {
    sockaddr_storage raw{};
    std::memcpy(&raw, entry->ai_addr, entry->ai_addrlen);
    addresses.push_back(Address::from_raw(raw));
  }
  return addresses;
}

}  // namespace netlab
