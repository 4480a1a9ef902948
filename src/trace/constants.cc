#include "trace/constants.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/epoll.h>

namespace netlab::trace {
namespace {

struct Name {
  int value;
  const char* text;
};

#define NAME(constant) \
  { constant, #constant }
constexpr Name families[] = {NAME(AF_INET), NAME(AF_INET6), NAME(AF_UNIX)};
constexpr Name types[] = {NAME(SOCK_STREAM), NAME(SOCK_DGRAM), NAME(SOCK_CLOEXEC),
                          NAME(SOCK_NONBLOCK)};
constexpr Name messages[] = {NAME(MSG_NOSIGNAL), NAME(MSG_DONTWAIT), NAME(MSG_MORE)};
constexpr Name levels[] = {NAME(SOL_SOCKET),
                           NAME(IPPROTO_TCP),
                           NAME(IPPROTO_IPV6),
                           {IPPROTO_IP, "SOL_IP"},
                           {IPPROTO_UDP, "SOL_UDP"}};
constexpr Name socket_options[] = {NAME(SO_REUSEADDR), NAME(SO_RCVTIMEO),  NAME(SO_SNDTIMEO),
                                   NAME(SO_ERROR),     NAME(SO_LINGER),    NAME(SO_REUSEPORT),
                                   NAME(SO_RCVBUF),    NAME(SO_TYPE),      NAME(SO_DOMAIN),
                                   NAME(SO_PROTOCOL),  NAME(SO_ACCEPTCONN)};
constexpr Name tcp_options[] = {NAME(TCP_NODELAY)};
constexpr Name udp_options[] = {NAME(UDP_SEGMENT), NAME(UDP_GRO)};
constexpr Name ip_options[] = {NAME(IP_PKTINFO), NAME(IP_RECVTTL), NAME(IP_TTL)};
constexpr Name ipv6_options[] = {NAME(IPV6_V6ONLY), NAME(IPV6_RECVPKTINFO), NAME(IPV6_RECVHOPLIMIT),
                                 NAME(IPV6_UNICAST_HOPS)};
constexpr Name shutdowns[] = {NAME(SHUT_RD), NAME(SHUT_WR), NAME(SHUT_RDWR)};
constexpr Name epoll_actions[] = {NAME(EPOLL_CTL_ADD), NAME(EPOLL_CTL_MOD), NAME(EPOLL_CTL_DEL)};
constexpr Name events[] = {NAME(EPOLLIN), NAME(EPOLLOUT), NAME(EPOLLERR), NAME(EPOLLHUP)};
constexpr Name poll_flags[] = {NAME(POLLIN), NAME(POLLOUT), NAME(POLLERR), NAME(POLLHUP)};
#undef NAME

std::string one_of(std::span<const Name> names, int value) {
  for (const Name& name : names)
    if (name.value == value) return name.text;
  return std::to_string(value);
}

std::string joined(std::span<const Name> names, int bits) {
  std::string all;
  for (const Name& name : names) {
    if ((bits & name.value) == 0) continue;
    all.append(all.empty() ? "" : "|").append(name.text);
    bits &= ~name.value;
  }
  if (bits != 0) all.append(all.empty() ? "" : "|").append(fmt::format("{:#x}", bits));
  return all.empty() ? "0" : all;
}

std::span<const Name> options_of(int level) {
  if (level == IPPROTO_TCP) return tcp_options;
  if (level == IPPROTO_UDP) return udp_options;
  if (level == IPPROTO_IP) return ip_options;
  if (level == IPPROTO_IPV6) return ipv6_options;
  return socket_options;
}

}  // namespace

std::string text(const Flag& flag) {
  switch (flag.kind) {
    case Flag::Kind::family:
      return one_of(families, flag.value);
    case Flag::Kind::type: {
      // SOCK_STREAM and SOCK_DGRAM are numbers, the rest of the type is a set of bits.
      const int kind = flag.value & 0xf;
      const int bits = flag.value & ~0xf;
      if (kind == 0) return joined(types, bits);
      return one_of(types, kind) + (bits ? "|" + joined(types, bits) : "");
    }
    case Flag::Kind::message:
      return joined(messages, flag.value);
    case Flag::Kind::level:
      return one_of(levels, flag.value);
    case Flag::Kind::option:
      return one_of(options_of(flag.level), flag.value);
    case Flag::Kind::shutdown:
      return one_of(shutdowns, flag.value);
    case Flag::Kind::epoll_action:
      return one_of(epoll_actions, flag.value);
    case Flag::Kind::events:
      return joined(events, flag.value);
  }
  return std::to_string(flag.value);
}

std::string poll_events(int value) {
  return joined(poll_flags, value);
}

}  // namespace netlab::trace
