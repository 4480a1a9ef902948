#include "transport/reliable/state/sent_packets.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

constexpr SentPacket packet{.size = 1200};
constexpr SentPacket skipped{.state = SentPacket::State::skipped};

TEST(SentPackets, CountsWhatIsOnItsWay) {
  SentPackets flight(5);
  EXPECT_EQ(flight.packets(), 0u);
  flight.add(packet);
  flight.add({.size = 100});
  EXPECT_EQ(flight.first(), 5u);
  EXPECT_EQ(flight.end(), 7u);
  EXPECT_EQ(flight.packets(), 2u);
  EXPECT_EQ(flight.bytes(), 1300u);
  flight.remove(5);
  EXPECT_EQ(flight.packets(), 1u);
  EXPECT_EQ(flight.bytes(), 100u);
  flight.remove(6);
  EXPECT_EQ(flight.packets(), 0u);
  EXPECT_EQ(flight.bytes(), 0u);
  EXPECT_EQ(flight.first(), flight.end());
}

TEST(SentPackets, RemembersFromTheOldestThatIsOutstanding) {
  SentPackets flight(0);
  for (int i = 0; i < 5; ++i) flight.add(packet);
  flight.remove(1);
  flight.remove(2);
  EXPECT_EQ(flight.first(), 0u);
  flight.remove(0);
  EXPECT_EQ(flight.first(), 3u);
  flight.remove(4);
  EXPECT_EQ(flight.first(), 3u);
  flight.remove(3);
  EXPECT_EQ(flight.first(), 5u);
}

// Numbers begin anywhere: the ring's own beginning is somewhere in their middle.
TEST(SentPackets, FindsAllAgainWhenItHasGrown) {
  constexpr std::uint64_t first = (std::uint64_t{1} << 31) - 37;
  constexpr std::uint64_t count = 1000;
  SentPackets flight(first);
  for (std::uint64_t i = 0; i < count; ++i) flight.add({.offset = 7 * i, .size = 10});
  EXPECT_EQ(flight.packets(), count);
  for (std::uint64_t i = 0; i < count; ++i) EXPECT_EQ(flight[first + i].offset, 7 * i);
}

TEST(SentPackets, GrowsAlsoWhereItsOldestAreSettled) {
  SentPackets flight(0);
  for (std::uint64_t i = 0; i < 60; ++i) flight.add({.offset = i, .size = 10});
  for (std::uint64_t i = 0; i < 50; ++i) flight.remove(i);
  for (std::uint64_t i = 60; i < 200; ++i) flight.add({.offset = i, .size = 10});
  flight.remove(120);
  EXPECT_EQ(flight.packets(), 149u);
  for (std::uint64_t i = 50; i < 200; ++i) {
    EXPECT_EQ(flight[i].offset, i);
    EXPECT_EQ(flight[i].state == SentPacket::State::removed, i == 120) << i;
  }
}

TEST(SentPackets, PassesOverNumbersThatWereSkipped) {
  SentPackets flight(0);
  flight.add(packet);
  flight.add(skipped);
  flight.add(packet);
  flight.add(skipped);
  EXPECT_EQ(flight.packets(), 2u);
  EXPECT_EQ(flight.bytes(), 2400u);
  flight.remove(0);
  EXPECT_EQ(flight.first(), 2u);
  EXPECT_EQ(flight[3].state, SentPacket::State::skipped);
  flight.remove(2);
  EXPECT_EQ(flight.first(), 4u);
}

TEST(SentPackets, CountsNoProbeOfThePathsMtu) {
  SentPackets flight(0);
  flight.add({.size = 9000, .is_mtu_probe = true});
  EXPECT_EQ(flight.packets(), 0u);
  EXPECT_EQ(flight.bytes(), 0u);
  EXPECT_EQ(flight.first(), 0u);  // and remembers it
  flight.remove(0);
  EXPECT_EQ(flight.packets(), 0u);
  EXPECT_EQ(flight.bytes(), 0u);
  EXPECT_EQ(flight.first(), 1u);
}

}  // namespace
}  // namespace netlab::reliable
