#include "trace/strace_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "trace/constants.h"

namespace netlab::trace {
namespace {

// Descriptors of a poll(2) that are printed.
constexpr std::size_t max_polled = 8;

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

std::string shown(const Bytes& view) {
  constexpr std::size_t shown = 32;  // strace's default
  std::string line = "\"";
  const auto bytes = view.bytes.first(std::min(shown, view.bytes.size()));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    append_escaped(line, static_cast<unsigned char>(bytes[i]),
                   i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0);
  return line + (view.bytes.size() > shown ? "\"..." : "\"");
}

std::string shown(const SocketAddress& address) {
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

std::string shown(const Descriptor& descriptor) {
  return std::to_string(descriptor.fd);
}

std::string shown(const Number& number) {
  return std::to_string(number.value);
}

std::string shown(const Pointed& number) {
  return fmt::format("[{}]", number.value);
}

std::string shown(const UnixAddress& address) {
  return fmt::format("{{sa_family=AF_UNIX, sun_path={}}}",
                     shown(Bytes{std::as_bytes(address.name)}));
}

std::string shown(const Flag& flag) {
  return text(flag);
}

std::string shown(const Polled& polled) {
  std::string all;
  for (const pollfd& one : polled.fds.first(std::min(max_polled, polled.fds.size())))
    all += fmt::format("{}{{fd={}, events={}}}", all.empty() ? "" : ", ", one.fd,
                       poll_events(one.events));
  return fmt::format("[{}{}]", all, polled.fds.size() > max_polled ? ", ..." : "");
}

std::string shown(const FirstDatagram& first) {
  return fmt::format("[{{{}, {}}}{}]", shown(first.peer), shown(first.bytes),
                     first.is_only ? "" : ", ...");
}

std::string shown(const Segments& received) {
  if (received.bytes.bytes.empty()) return "{...}";
  return fmt::format("{{{}, UDP_GRO=[{}]}}", shown(received.bytes), received.segment);
}

std::string shown(const Literal& literal) {
  return literal.text;
}

std::string shown(const timeval& time) {
  return fmt::format("{{tv_sec={}, tv_usec={}}}", time.tv_sec, time.tv_usec);
}

std::string shown(const timespec& time) {
  return fmt::format("{{tv_sec={}, tv_nsec={}}}", time.tv_sec, time.tv_nsec);
}

}  // namespace

std::string text(const Argument& argument) {
  return std::visit([](const auto& value) { return shown(value); }, argument);
}

StraceText::StraceText() : main_thread_(::gettid()) {}

void StraceText::write(const CallRecord& record) {
  fmt::memory_buffer line;
  const auto out = fmt::appender(line);
  // Like strace -f: lines of other threads and processes start with their ID.
  if (record.thread != main_thread_) fmt::format_to(out, "[pid {}] ", record.thread);
  const std::chrono::duration<double> elapsed = record.time - started_;
  fmt::format_to(out, "{:.6f} {}{}(", elapsed.count(), record.by_io_uring ? "io_uring: " : "",
                 record.name);
  const char* separator = "";
  for (const Argument& argument : record.arguments)
    fmt::format_to(out, "{}{}", std::exchange(separator, ", "), text(argument));
  const int error = static_cast<int>(-record.result);
  if (record.result >= 0)
    fmt::format_to(out, ") = {}\n", record.result);
  else
    fmt::format_to(out, ") = -1 {} ({})\n", name_of_error(error), strerror(error));
  // One write(2) per line keeps the lines of several processes apart. There is nowhere to report an
  // error.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace netlab::trace
