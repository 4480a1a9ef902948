#include "trace/trace.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace netlab::trace {

bool enabled = false;

namespace {

using Clock = std::chrono::steady_clock;
Clock::time_point started;
pid_t first_thread = 0;

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

// `next` is the byte after it, or 0: a digit there must not be read as part of an octal escape.
void append_escaped(std::string& line, unsigned char byte, unsigned char next) {
  switch (byte) {
    case '\n':
      line += "\\n";
      return;
    case '\r':
      line += "\\r";
      return;
    case '\t':
      line += "\\t";
      return;
    case '\v':
      line += "\\v";
      return;
    case '\f':
      line += "\\f";
      return;
    case '"':
      line += "\\\"";
      return;
    case '\\':
      line += "\\\\";
      return;
    default:
      break;
  }
  if (byte >= 0x20 && byte < 0x7f)
    line += static_cast<char>(byte);
  else
    line +=
        next >= '0' && next <= '7' ? fmt::format("\\{:03o}", byte) : fmt::format("\\{:o}", byte);
}

std::string name_of_error(int error) {
  const char* const name = strerrorname_np(error);
  return name ? name : std::to_string(error);  // kernel-internal errors have no name
}

}  // namespace

void enable() {
  started = Clock::now();
  first_thread = static_cast<pid_t>(syscall(SYS_gettid));
  enabled = true;
}

std::string text(const Bytes& view) {
  constexpr std::size_t shown = 32;  // strace's default
  std::string line = "\"";
  const auto bytes = view.bytes.first(std::min(shown, view.bytes.size()));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    append_escaped(line, static_cast<unsigned char>(bytes[i]),
                   i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0);
  return line + (view.bytes.size() > shown ? "\"..." : "\"");
}

std::string text(const SocketAddress& address) {
  char host[INET6_ADDRSTRLEN] = "";
  if (address.raw->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address.raw, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    return fmt::format("{{sa_family=AF_INET, sin_port=htons({}), sin_addr=inet_addr(\"{}\")}}",
                       ntohs(v4.sin_port), host);
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address.raw, sizeof v6);
  inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
  return fmt::format("{{sa_family=AF_INET6, sin6_port=htons({}), sin6_addr=\"{}\"}}",
                     ntohs(v6.sin6_port), host);
}

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

void write_line(long result, fmt::string_view format, fmt::format_args arguments) {
  const std::chrono::duration<double> elapsed = Clock::now() - started;
  fmt::memory_buffer line;
  const auto out = fmt::appender(line);
  // Like strace -f: lines of other threads and processes start with their ID.
  const auto thread = static_cast<pid_t>(syscall(SYS_gettid));
  if (thread != first_thread) fmt::format_to(out, "[pid {}] ", thread);
  fmt::format_to(out, "{:.6f} ", elapsed.count());
  fmt::vformat_to(out, format, arguments);
  if (result >= 0)
    fmt::format_to(out, " = {}\n", result);
  else
    fmt::format_to(out, " = -1 {} ({})\n", name_of_error(static_cast<int>(-result)),
                   strerror(static_cast<int>(-result)));
  // One write(2) per line keeps the lines of several processes apart. There is nowhere to report an
  // error.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace netlab::trace
