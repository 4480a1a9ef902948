#include "transport/reliable/state/receive_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/byte_at.h"
#include "transport/reliable/arq/arq.h"

namespace netlab::reliable {
namespace {

class ReceiveBufferTest : public testing::Test {
 protected:
  bool store(std::uint64_t first, std::uint64_t end, bool last = false) {
    const std::vector<std::byte> bytes(end - first);
    return buffer_.store(first, bytes, last);
  }

  ReceiveBuffer buffer_{64 * 1024};
};

TEST_F(ReceiveBufferTest, ClosesAGap) {
  EXPECT_TRUE(store(10, 20));
  EXPECT_EQ(buffer_.cumulative_ack(), 0u);
  EXPECT_TRUE(store(0, 10));
  EXPECT_EQ(buffer_.cumulative_ack(), 20u);
}

// Retransmitted bytes may be divided into packets differently.
TEST_F(ReceiveBufferTest, ClosesSeveralGapsAtOnce) {
  store(10, 20);
  store(30, 40);
  store(50, 60);
  store(0, 30);
  EXPECT_EQ(buffer_.cumulative_ack(), 40u);
  store(35, 70, true);
  EXPECT_EQ(buffer_.cumulative_ack(), 71u);
  EXPECT_EQ(buffer_.readable().size(), 70u);
}

TEST_F(ReceiveBufferTest, LimitsTheNumberOfGaps) {
  std::uint64_t kept = 0;
  for (std::uint64_t at = 60'000; at > 10'000; at -= 2) kept += store(at, at + 1) ? 1 : 0;
  EXPECT_EQ(kept, 2048u);
  EXPECT_TRUE(store(0, 10'000));  // but always keeps the next bytes in order
  EXPECT_EQ(buffer_.cumulative_ack(), 10'000u);
}

// The ring starts at 256 KiB: out-of-order bytes that wrap around its end must survive growing.
TEST(ReceiveBuffer, KeepsReceivedBytesWhenItGrows) {
  const auto bytes = [](std::uint64_t first, std::uint64_t end) {
    std::vector<std::byte> made;
    for (; first < end; ++first) made.push_back(byte_at(first));
    return made;
  };
  ReceiveBuffer buffer(1 << 20);
  buffer.store(0, bytes(0, 60'000), false);
  buffer.consumed(50'000);
  buffer.store(200'000, bytes(200'000, 300'000), false);
  buffer.store(600'000, bytes(600'000, 700'000), false);
  buffer.store(300'000, bytes(300'000, 600'000), false);
  buffer.store(60'000, bytes(60'000, 200'000), false);
  EXPECT_TRUE(std::ranges::equal(buffer.readable(), bytes(50'000, 700'000)));
}

// A peer that acknowledges bytes but not their packets may not have received them.
TEST(SelectiveRepeat, RequiresPacketNumbersInAcks) {
  const SentPacket packet{.offset = 0, .bytes = 100, .size = 132};
  Ack ack{.largest = 7, .cumulative_ack = 1000};
  EXPECT_FALSE(selective_repeat().is_acked(5, packet, ack));
  ack.count = 1;
  ack.ranges[0] = {6, 8};
  EXPECT_FALSE(selective_repeat().is_acked(5, packet, ack));
  EXPECT_TRUE(selective_repeat().is_acked(6, packet, ack));
  ack.count = max_ranges;  // there was no room for older ranges
  for (std::size_t i = 0; i < max_ranges; ++i) {
    ack.ranges[i].first = 1000 - 10 * i;
    ack.ranges[i].end = ack.ranges[i].first + 1;
  }
  EXPECT_TRUE(selective_repeat().is_acked(5, packet, ack));
  EXPECT_FALSE(selective_repeat().is_acked(995, packet, ack));
}

}  // namespace
}  // namespace netlab::reliable
