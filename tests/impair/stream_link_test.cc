#include "impair/stream_link.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/start.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;
using End = StreamLink::End;

// Takes all bytes that are due now.
std::string taken(StreamLink& link, Instant now) {
  std::string all;
  for (auto bytes = link.due(now); !bytes.empty(); bytes = link.due(now)) {
    all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    link.sent(now, bytes.size());
  }
  return all;
}

TEST(StreamLink, ForwardsAtOnceByDefault) {
  StreamLink link({});
  EXPECT_EQ(link.next(), never);
  EXPECT_EQ(link.end(start), End::none);
  link.push(start, bytes_of("hello, "));
  link.push(start, bytes_of("world"));
  EXPECT_EQ(link.next(), start);
  EXPECT_EQ(taken(link, start), "hello, world");
  EXPECT_EQ(link.next(), never);
  link.finish(start);
  EXPECT_EQ(link.room(), 0u);
  EXPECT_EQ(link.end(start), End::finished);
  EXPECT_EQ(link.bytes_sent(), 12u);
}

TEST(StreamLink, ResumesAfterAPartialSend) {
  StreamLink link({});
  link.push(start, bytes_of("hello"));
  link.sent(start, 2);
  EXPECT_EQ(taken(link, start), "llo");
}

TEST(StreamLink, DelaysBytesAndEndOfStream) {
  StreamLink link({.delay = 40ms});
  link.push(start, bytes_of("a"));
  link.push(start + 10ms, bytes_of("b"));
  link.finish(start + 20ms);
  EXPECT_EQ(taken(link, start + 39ms), "");
  EXPECT_EQ(link.next(), start + 40ms);
  EXPECT_EQ(taken(link, start + 40ms), "a");
  EXPECT_EQ(taken(link, start + 50ms), "b");
  EXPECT_EQ(link.end(start + 59ms), End::none);
  EXPECT_EQ(link.next(), start + 60ms);
  EXPECT_EQ(link.end(start + 60ms), End::finished);
}

TEST(StreamLink, KeepsItsRateWithBackpressure) {
  StreamLink link({.rate = 100'000});
  Instant now = start;
  std::size_t in = 0;
  std::size_t out = 0;
  while (out < 1'000'000) {
    while (const std::size_t room = link.room()) {
      link.push(now, std::vector<std::byte>(room));
      in += room;
    }
    EXPECT_LE(in - out, 12'000u);  // 0.1 s at this rate, and the piece that reached that limit
    now = link.next();
    out += taken(link, now).size();
  }
  EXPECT_NEAR(in_seconds(now - start), 10, 0.1);
}

TEST(StreamLink, BoundsItsBuffer) {
  StreamLink link({.delay = 1h});
  std::size_t in = 0;
  while (const std::size_t room = link.room()) {
    link.push(start, std::vector<std::byte>(room));
    in += room;
  }
  EXPECT_EQ(in, 16u * 1024 * 1024);
}

TEST(StreamLink, BoundsTheMemoryOfSmallPieces) {
  constexpr std::size_t max_bytes = 16 * 1024 * 1024;
  for (const std::uint64_t rate : {0u, 1'000'000'000u}) {
    StreamLink link({.delay = 1h, .rate = rate});
    std::size_t in = 0;
    for (; link.room() > 0 && in < max_bytes; ++in) link.push(start, bytes_of("x"));
    EXPECT_LE(in, max_bytes / sizeof(std::vector<std::byte>));
    EXPECT_EQ(taken(link, start + 2h).size(), in);
    EXPECT_GT(link.room(), 0u);
  }
}

TEST(StreamLink, BoundsItsBufferAtALowRate) {
  StreamLink link({.delay = 1s, .rate = 100});
  for (int i = 0; i < 110; ++i) {
    ASSERT_GT(link.room(), 0u);
    link.push(start, bytes_of("x"));
  }
  EXPECT_EQ(link.room(), 0u);
}

TEST(StreamLink, SplitsIntoPieces) {
  StreamLink link({.split = 2});
  link.push(start, bytes_of("abcde"));
  EXPECT_EQ(taken(link, start), "ab");
  EXPECT_EQ(link.next(), start + 1ms);
  EXPECT_EQ(taken(link, start + 1ms), "cd");
  EXPECT_EQ(taken(link, start + 2ms), "e");
}

TEST(StreamLink, CutsAfterTheGivenNumberOfBytes) {
  StreamLink link({.cut_after = 4});
  link.push(start, bytes_of("abc"));
  EXPECT_EQ(taken(link, start), "abc");
  EXPECT_EQ(link.end(start), End::none);
  link.push(start, bytes_of("def"));
  EXPECT_EQ(taken(link, start), "d");
  EXPECT_EQ(link.end(start), End::cut);
  EXPECT_LE(link.next(), start);
  EXPECT_EQ(link.room(), 0u);
}

TEST(StreamLink, CanResetOrCutAfterZeroBytes) {
  EXPECT_EQ(StreamLink({.reset_after = 0}).end(start), End::reset);
  EXPECT_EQ(StreamLink({.cut_after = 0}).end(start), End::cut);
}

TEST(StreamLink, StallsSilently) {
  StreamLink link({.stall_after = 2});
  link.push(start, bytes_of("abc"));
  EXPECT_EQ(taken(link, start), "ab");
  EXPECT_EQ(link.next(), never);
  EXPECT_EQ(link.room(), 0u);
  link.finish(start);
  EXPECT_EQ(link.end(start + 1h), End::none);
}

TEST(StreamLink, AppliesTheEarliestLimit) {
  StreamLink link({.cut_after = 3, .reset_after = 2, .stall_after = 4});
  link.push(start, bytes_of("abcdef"));
  EXPECT_EQ(taken(link, start), "ab");
  EXPECT_EQ(link.end(start), End::reset);
}

}  // namespace
}  // namespace netlab
