// The output of --trace: one line on standard error for each socket call, as it happens, in
// strace's notation with the seconds since start. When tracing is off, a call costs one load and a
// branch: the arguments are lightweight views, formatted only when the line is written.
#pragma once

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace netlab::trace {

// Set once by enable(), before any thread exists; read everywhere.
extern bool enabled;
void enable();

// Views that are formatted as strace does.
struct Bytes {  // "GET / HTTP"..., at most 32 bytes
  std::span<const std::byte> bytes;
};
struct SocketAddress {  // {sa_family=AF_INET, sin_port=htons(5001),
                        // sin_addr=inet_addr("127.0.0.1")}
  const sockaddr* raw;
};
struct Flag {  // the name of a constant in a small table, or else the number
  enum class Kind { family, type, message, level, option, shutdown, epoll_action, events } kind;
  int value;
  int level = 0;  // of an option
};

std::string text(const Bytes& bytes);
std::string text(const SocketAddress& address);
std::string text(const Flag& flag);

// Writes "SECONDS call = result"; a negative result is -errno and prints as -1 NAME (description).
void write_line(long result, fmt::string_view format, fmt::format_args arguments);

template <typename... Arguments>
inline void call(long result, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (enabled) [[unlikely]]
    write_line(result, format, fmt::make_format_args(arguments...));
}

}  // namespace netlab::trace

template <typename View>
requires requires(const View& view) {
  netlab::trace::text(view);
}
struct fmt::formatter<View> : fmt::formatter<fmt::string_view> {
  template <typename Context>
  auto format(const View& view, Context& context) const {
    return fmt::formatter<fmt::string_view>::format(netlab::trace::text(view), context);
  }
};
