#include "trace/trace.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/bytes.h"
#include "socket/syscalls.h"
#include "support/captured.h"
#include "trace/log.h"

namespace netlab::trace {
namespace {

using namespace std::string_view_literals;
using Kind = Flag::Kind;

std::string shown(std::string_view bytes) {
  return text(Bytes{bytes_of(bytes)});
}

TEST(TraceText, QuotesBytes) {
  EXPECT_EQ(shown("hello"), R"("hello")");
  EXPECT_EQ(shown(""), R"("")");
}

TEST(TraceText, EscapesAsStraceDoes) {
  EXPECT_EQ(shown("a\nb\rc\td\"e\\f"), R"("a\nb\rc\td\"e\\f")");
  EXPECT_EQ(shown("1\0"sv), R"("1\0")");
  EXPECT_EQ(shown("\x1b[1m\x7f\xff"), R"("\33[1m\177\377")");
}

// "\0" and "7" must not look like "\07", one byte: strace then writes all three digits.
TEST(TraceText, KeepsADigitApartFromTheEscapeBeforeIt) {
  EXPECT_EQ(shown("1\0007"sv), R"("1\0007")");
  EXPECT_EQ(shown("\x01"
                  "8"),
            R"("\18")");
  EXPECT_EQ(shown("\0\0"sv), R"("\0\0")");
}

TEST(TraceText, WritesFormFeedAndVerticalTabAsStraceDoes) {
  EXPECT_EQ(shown("\v\f"), R"("\v\f")");
}

TEST(TraceText, ShowsAtMost32Bytes) {
  const std::string longest(32, 'x');
  EXPECT_EQ(shown(longest), '"' + longest + '"');
  EXPECT_EQ(shown(longest + "y"), '"' + longest + "\"...");
}

TEST(TraceText, ShowsAddresses) {
  EXPECT_EQ(text(SocketAddress{Address::loopback(5001).raw()}),
            R"({sa_family=AF_INET, sin_port=htons(5001), sin_addr=inet_addr("127.0.0.1")})");
  EXPECT_EQ(text(SocketAddress{Address::any(5001).raw()}),
            R"({sa_family=AF_INET6, sin6_port=htons(5001), sin6_addr="::"})");
}

TEST(TraceText, NamesConstants) {
  EXPECT_EQ(text(Flag{Kind::family, AF_INET6}), "AF_INET6");
  EXPECT_EQ(text(Flag{Kind::type, SOCK_STREAM | SOCK_CLOEXEC}), "SOCK_STREAM|SOCK_CLOEXEC");
  EXPECT_EQ(text(Flag{Kind::type, SOCK_CLOEXEC | SOCK_NONBLOCK}), "SOCK_CLOEXEC|SOCK_NONBLOCK");
  EXPECT_EQ(text(Flag{Kind::message, MSG_NOSIGNAL}), "MSG_NOSIGNAL");
  EXPECT_EQ(text(Flag{Kind::level, SOL_SOCKET}), "SOL_SOCKET");
  EXPECT_EQ(text(Flag{Kind::option, SO_REUSEADDR, SOL_SOCKET}), "SO_REUSEADDR");
  EXPECT_EQ(text(Flag{Kind::option, TCP_NODELAY, IPPROTO_TCP}), "TCP_NODELAY");
  EXPECT_EQ(text(Flag{Kind::option, IPV6_V6ONLY, IPPROTO_IPV6}), "IPV6_V6ONLY");
  EXPECT_EQ(text(Flag{Kind::shutdown, SHUT_WR}), "SHUT_WR");
  EXPECT_EQ(text(Flag{Kind::epoll_action, EPOLL_CTL_DEL}), "EPOLL_CTL_DEL");
  EXPECT_EQ(text(Flag{Kind::events, EPOLLIN | EPOLLOUT}), "EPOLLIN|EPOLLOUT");
}

TEST(TraceText, ShowsTheNumberOfAnUnnamedConstant) {
  EXPECT_EQ(text(Flag{Kind::family, 99}), "99");
  EXPECT_EQ(text(Flag{Kind::message, 0}), "0");
  EXPECT_EQ(text(Flag{Kind::message, MSG_NOSIGNAL | 0x10000}), "MSG_NOSIGNAL|0x10000");
}

// Returns what is traced while the job runs.
std::string traced(const std::function<void()>& job) {
  Captured errors(STDERR_FILENO);
  enable();
  job();
  enabled = false;
  return errors.text();
}

// The line without its timestamp, e.g. "0.000123 "; the whole line if it has none.
std::string without_time(const std::string& line) {
  const std::size_t point = line.find('.');
  const std::size_t end = line.find(' ');
  if (point == 0 || end == std::string::npos || end != point + 7) return line;
  const auto digits = line.substr(0, point) + line.substr(point + 1, 6);
  const bool is_time = std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  return is_time ? line.substr(end + 1) : line;
}

TEST(TraceLine, ShowsTheTimeTheCallAndItsResult) {
  const std::string line = traced([] {
    call(3, "socket({}, {}, 0)", Flag{Kind::family, AF_INET}, Flag{Kind::type, SOCK_STREAM});
  });
  EXPECT_NE(line, without_time(line));
  EXPECT_EQ(without_time(line), "socket(AF_INET, SOCK_STREAM, 0) = 3\n");
}

TEST(TraceLine, NamesTheError) {
  const std::string line = traced([] { call(-ECONNREFUSED, "connect({})", 3); });
  EXPECT_EQ(without_time(line), "connect(3) = -1 ECONNREFUSED (Connection refused)\n");
}

TEST(TraceLine, NamesAThreadOtherThanTheMainOne) {
  std::string prefix;
  const std::string line = traced([&] {
    std::thread([&] {
      prefix = "[pid " + std::to_string(gettid()) + "] ";
      call(0, "close({})", 3);
    }).join();
  });
  ASSERT_TRUE(line.starts_with(prefix)) << line;
  EXPECT_EQ(without_time(line.substr(prefix.size())), "close(3) = 0\n");
}

TEST(TraceLine, IsWrittenForEachSocketCall) {
  int number = -1;
  const std::string lines =
      traced([&] { number = netlab::call::socket(AF_INET, SOCK_STREAM).get(); });
  const std::string shown = std::to_string(number);
  EXPECT_NE(lines.find("socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) = " + shown + "\n"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find("close(" + shown + ") = 0\n"), std::string::npos) << lines;
}

TEST(Trace, IsOffByDefault) {
  Captured errors(STDERR_FILENO);
  netlab::call::socket(AF_INET, SOCK_STREAM);
  EXPECT_EQ(errors.text(), "");
}

TEST(Log, ShowsWarningsButNotNotes) {
  static const bool started =
      (log::start(log::Level::normal), true);  // may be called once per process
  ASSERT_TRUE(started);
  Captured errors(STDERR_FILENO);
  log::warning("accept: {}; retrying", "Too many open files");
  log::note("not shown");
  EXPECT_EQ(errors.text(), "netlab: accept: Too many open files; retrying\n");
}

}  // namespace
}  // namespace netlab::trace
