#include "trace/strace_text.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <thread>

#include "base/address.h"
#include "base/bytes.h"
#include "support/captured.h"

namespace netlab::trace {
namespace {

using namespace std::string_view_literals;
using Kind = Flag::Kind;

std::string shown(std::string_view bytes) {
  return text(Bytes{bytes_of(bytes)});
}

TEST(StraceText, QuotesBytes) {
  EXPECT_EQ(shown("hello"), R"("hello")");
  EXPECT_EQ(shown(""), R"("")");
}

TEST(StraceText, EscapesAsStraceDoes) {
  EXPECT_EQ(shown("a\nb\rc\td\"e\\f"), R"("a\nb\rc\td\"e\\f")");
  EXPECT_EQ(shown("1\0"sv), R"("1\0")");
  EXPECT_EQ(shown("\x1b[1m\x7f\xff"), R"("\33[1m\177\377")");
}

// "\0" and "7" must not look like "\07", one byte: strace then writes all three digits.
TEST(StraceText, KeepsADigitApartFromTheEscapeBeforeIt) {
  EXPECT_EQ(shown("1\0007"sv), R"("1\0007")");
  EXPECT_EQ(shown("\x01"
                  "8"),
            R"("\18")");
  EXPECT_EQ(shown("\0\0"sv), R"("\0\0")");
}

TEST(StraceText, WritesFormFeedAndVerticalTabAsStraceDoes) {
  EXPECT_EQ(shown("\v\f"), R"("\v\f")");
}

TEST(StraceText, ShowsAtMost32Bytes) {
  const std::string longest(32, 'x');
  EXPECT_EQ(shown(longest), '"' + longest + '"');
  EXPECT_EQ(shown(longest + "y"), '"' + longest + "\"...");
}

TEST(StraceText, ShowsAddresses) {
  EXPECT_EQ(text(SocketAddress{Address::loopback(5001).raw()}),
            R"({sa_family=AF_INET, sin_port=htons(5001), sin_addr=inet_addr("127.0.0.1")})");
  EXPECT_EQ(text(SocketAddress{Address::any(5001).raw()}),
            R"({sa_family=AF_INET6, sin6_port=htons(5001), sin6_addr="::"})");
}

TEST(StraceText, ShowsTheOtherKindsOfArguments) {
  EXPECT_EQ(text(Descriptor{7}), "7");
  EXPECT_EQ(text(Number{-1}), "-1");
  EXPECT_EQ(text(Pointed{16}), "[16]");
  EXPECT_EQ(text(Literal{"NULL"}), "NULL");
  EXPECT_EQ(text(Flag{Kind::shutdown, SHUT_WR}), "SHUT_WR");
  EXPECT_EQ(text(UnixAddress{std::span("\0run", 4)}), R"({sa_family=AF_UNIX, sun_path="\0run"})");
  EXPECT_EQ(text(timeval{1, 5}), "{tv_sec=1, tv_usec=5}");
  EXPECT_EQ(text(timespec{1, 5}), "{tv_sec=1, tv_nsec=5}");
  EXPECT_EQ(text(Segments{{bytes_of("ab")}, 1200}), R"({"ab", UDP_GRO=[1200]})");
  EXPECT_EQ(text(Segments{{}, 1}), "{...}");
}

TEST(StraceText, ShowsTheFirstOfSeveralDatagrams) {
  const Address peer = Address::loopback(5001);
  const std::string shown_peer = text(SocketAddress{peer.raw()});
  EXPECT_EQ(text(FirstDatagram{{peer.raw()}, {bytes_of("hi")}, true}),
            "[{" + shown_peer + R"(, "hi"}])");
  EXPECT_EQ(text(FirstDatagram{{peer.raw()}, {bytes_of("hi")}, false}),
            "[{" + shown_peer + R"(, "hi"}, ...])");
}

TEST(StraceText, ShowsAtMostEightPolledDescriptors) {
  std::array<pollfd, 9> fds{};
  fds.fill({3, POLLIN, 0});
  EXPECT_EQ(text(Polled{std::span(fds).first(2)}),
            "[{fd=3, events=POLLIN}, {fd=3, events=POLLIN}]");
  const std::string nine = text(Polled{fds});
  EXPECT_TRUE(nine.ends_with("{fd=3, events=POLLIN}, ...]")) << nine;
  EXPECT_EQ(std::ranges::count(nine, '{'), 8);
}

// Returns what is printed of the calls that the job reports.
std::string printed(const std::function<void()>& job) {
  Captured errors(STDERR_FILENO);
  StraceText sink;
  start(sink);
  job();
  stop();
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

TEST(StraceLine, ShowsTheTimeTheCallAndItsResult) {
  const std::string line = printed([] {
    call(3, "socket", Flag{Kind::family, AF_INET}, Flag{Kind::type, SOCK_STREAM}, 0);
  });
  EXPECT_NE(line, without_time(line));
  EXPECT_EQ(without_time(line), "socket(AF_INET, SOCK_STREAM, 0) = 3\n");
}

TEST(StraceLine, NamesTheError) {
  const std::string line = printed([] { call(-ECONNREFUSED, "connect", Descriptor{3}); });
  EXPECT_EQ(without_time(line), "connect(3) = -1 ECONNREFUSED (Connection refused)\n");
}

TEST(StraceLine, SaysThatIoUringCarriedItOut) {
  const std::string line = printed([] { io_uring(5, "recv", Descriptor{3}); });
  EXPECT_EQ(without_time(line), "io_uring: recv(3) = 5\n");
}

TEST(StraceLine, NamesAThreadOtherThanTheMainOne) {
  std::string prefix;
  const std::string line = printed([&] {
    std::thread([&] {
      prefix = "[pid " + std::to_string(gettid()) + "] ";
      call(0, "close", Descriptor{3});
    }).join();
  });
  ASSERT_TRUE(line.starts_with(prefix)) << line;
  EXPECT_EQ(without_time(line.substr(prefix.size())), "close(3) = 0\n");
}

}  // namespace
}  // namespace netlab::trace
