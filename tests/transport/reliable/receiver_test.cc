// What a receiver acknowledges, and when (RFC 9000 section 13.2).
#include "transport/reliable/receiver.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

class ReceiverTest : public testing::Test {
 protected:
  // The next packet of ten bytes comes. Returns the acknowledgement, if one is due.
  std::optional<Ack> next(Receiver& receiver, std::uint64_t numbers = 1) {
    number_ += numbers;
    receiver.on_data(now_, {.number = number_, .offset = offset_, .payload = payload_});
    offset_ += payload_.size();
    receiver.consumed(payload_.size());
    if (receiver.next_timeout() > now_) return std::nullopt;
    return receiver.acknowledge(now_);
  }

  const Instant now_ = Instant(1h);
  std::array<std::byte, 10> payload_{};
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;
};

TEST_F(ReceiverTest, AcknowledgesEverySecondPacket) {
  Receiver receiver(selective_repeat(), 100, {});
  next(receiver);  // which opens the window, and is told
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(next(receiver));
    EXPECT_EQ(receiver.next_timeout(), now_ + 25ms);
    EXPECT_TRUE(next(receiver));
  }
}

TEST_F(ReceiverTest, AcknowledgesEachWhereNoSecondMayCome) {
  Receiver one_at_a_time(selective_repeat(), 1, {});
  EXPECT_TRUE(next(one_at_a_time));
  Receiver stops(stop_and_wait(), 100, {});
  offset_ = 0;
  EXPECT_TRUE(next(stops));
}

// A number that was left out, or lost, is a gap for ever.
TEST_F(ReceiverTest, TellsNoMoreOfWhatItHasToldOfOftenEnough) {
  Receiver receiver(selective_repeat(), 100, {});
  std::size_t most = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto ack = next(receiver, i % 300 == 0 ? 2 : 1);
    if (ack) most = std::max<std::size_t>(most, ack->count);
  }
  EXPECT_LE(most, 3u);
}

TEST_F(ReceiverTest, TellsOfEachPacketInManyAcknowledgements) {
  Receiver receiver(selective_repeat(), 100, {});
  std::size_t told = 0;
  next(receiver);
  const std::uint64_t first = number_;
  number_ += 1;  // which is lost
  for (int i = 0; i < 1000; ++i)
    if (const auto ack = next(receiver))
      for (std::size_t run = 0; run < ack->count; ++run)
        told += ack->ranges[run].first <= first && first < ack->ranges[run].end ? 1 : 0;
  EXPECT_GE(told, ack_history - 2);
}

}  // namespace
}  // namespace netlab::reliable
