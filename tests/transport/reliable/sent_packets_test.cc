#include "transport/reliable/state/sent_packets.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

constexpr SentPacket packet{.size = 1200};
constexpr SentPacket skipped{.state = SentPacket::State::skipped};

TEST(SentPackets, CountsPacketsInFlight) {
  SentPackets packets(5);
  EXPECT_EQ(packets.packets(), 0u);
  packets.add(packet);
  packets.add({.size = 100});
  EXPECT_EQ(packets.first(), 5u);
  EXPECT_EQ(packets.end(), 7u);
  EXPECT_EQ(packets.packets(), 2u);
  EXPECT_EQ(packets.bytes(), 1300u);
  packets.on_acked(5);
  EXPECT_EQ(packets.packets(), 1u);
  EXPECT_EQ(packets.bytes(), 100u);
  packets.on_acked(6);
  EXPECT_EQ(packets.packets(), 0u);
  EXPECT_EQ(packets.bytes(), 0u);
}

TEST(SentPackets, KeepsRecordsUntilTheyAreDiscarded) {
  SentPackets packets(0);
  packets.add(packet);
  packets.add(packet);
  packets.on_acked(0);
  packets.on_lost(1);
  EXPECT_EQ(packets.packets(), 0u);
  EXPECT_EQ(packets.first(), 0u);
  EXPECT_EQ(packets[0].state, SentPacket::State::acked);
  EXPECT_EQ(packets[1].state, SentPacket::State::lost);
  packets.discard_old();
  EXPECT_EQ(packets.first(), packets.end());
}

TEST(SentPackets, DiscardsUpToTheOldestOutstandingPacket) {
  SentPackets packets(0);
  for (int i = 0; i < 5; ++i) packets.add(packet);
  const auto first_after_ack = [&](std::uint64_t number) {
    packets.on_acked(number);
    packets.discard_old();
    return packets.first();
  };
  EXPECT_EQ(first_after_ack(1), 0u);
  EXPECT_EQ(first_after_ack(2), 0u);
  EXPECT_EQ(first_after_ack(0), 3u);
  EXPECT_EQ(first_after_ack(4), 3u);
  EXPECT_EQ(first_after_ack(3), 5u);
}

// Packet numbers start anywhere, so the ring wraps around in the middle of them.
TEST(SentPackets, KeepsAllPacketsWhenItGrows) {
  constexpr std::uint64_t first = (std::uint64_t{1} << 31) - 37;
  constexpr std::uint64_t count = 1000;
  SentPackets packets(first);
  for (std::uint64_t i = 0; i < count; ++i) packets.add({.offset = 7 * i, .size = 10});
  EXPECT_EQ(packets.packets(), count);
  for (std::uint64_t i = 0; i < count; ++i) EXPECT_EQ(packets[first + i].offset, 7 * i);
}

TEST(SentPackets, GrowsAfterItsOldestPacketsAreDiscarded) {
  SentPackets packets(0);
  for (std::uint64_t i = 0; i < 60; ++i) packets.add({.offset = i, .size = 10});
  for (std::uint64_t i = 0; i < 50; ++i) packets.on_acked(i);
  packets.discard_old();
  for (std::uint64_t i = 60; i < 200; ++i) packets.add({.offset = i, .size = 10});
  packets.on_acked(120);
  EXPECT_EQ(packets.packets(), 149u);
  for (std::uint64_t i = 50; i < 200; ++i) {
    EXPECT_EQ(packets[i].offset, i);
    EXPECT_EQ(packets[i].state == SentPacket::State::acked, i == 120) << i;
  }
}

TEST(SentPackets, PassesOverSkippedNumbers) {
  SentPackets packets(0);
  packets.add(packet);
  packets.add(skipped);
  packets.add(packet);
  packets.add(skipped);
  EXPECT_EQ(packets.packets(), 2u);
  EXPECT_EQ(packets.bytes(), 2400u);
  packets.on_acked(0);
  packets.discard_old();
  EXPECT_EQ(packets.first(), 2u);
  EXPECT_EQ(packets[3].state, SentPacket::State::skipped);
  packets.on_acked(2);
  packets.discard_old();
  EXPECT_EQ(packets.first(), 4u);
}

TEST(SentPackets, DoesNotCountPathMtuProbes) {
  SentPackets packets(0);
  packets.add({.size = 9000, .is_mtu_probe = true});
  EXPECT_EQ(packets.packets(), 0u);
  EXPECT_EQ(packets.bytes(), 0u);
  EXPECT_EQ(packets.first(), 0u);  // but keeps it
  packets.on_acked(0);
  EXPECT_EQ(packets.packets(), 0u);
  EXPECT_EQ(packets.bytes(), 0u);
  packets.discard_old();
  EXPECT_EQ(packets.first(), 1u);
}

}  // namespace
}  // namespace netlab::reliable
