// What a receiver acknowledges, and when (RFC 9000 section 13.2).
#include "transport/reliable/receiver.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

class ReceiverTest : public testing::Test {
 protected:
  // Receives the next packet of ten bytes. Returns the acknowledgement, if one is due.
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
  next(receiver);  // opens the window, which is reported at once
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(next(receiver));
    EXPECT_EQ(receiver.next_timeout(), now_ + 25ms);
    EXPECT_TRUE(next(receiver));
  }
}

TEST_F(ReceiverTest, AcknowledgesEveryPacketOfAWindowOfOne) {
  Receiver one_at_a_time(selective_repeat(), 1, {});
  EXPECT_TRUE(next(one_at_a_time));
  Receiver stops(stop_and_wait(), 100, {});
  offset_ = 0;
  EXPECT_TRUE(next(stops));
}

// A packet number that was skipped or lost is a gap forever.
TEST_F(ReceiverTest, DropsRangesThatWereReportedOftenEnough) {
  Receiver receiver(selective_repeat(), 100, {});
  std::size_t max_ranges_sent = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto ack = next(receiver, i % 300 == 0 ? 2 : 1);
    if (ack) max_ranges_sent = std::max<std::size_t>(max_ranges_sent, ack->count);
  }
  EXPECT_LE(max_ranges_sent, 3u);
}

TEST_F(ReceiverTest, ReportsEachPacketInSeveralAcknowledgements) {
  Receiver receiver(selective_repeat(), 100, {});
  std::size_t reports = 0;
  next(receiver);
  const std::uint64_t first = number_;
  number_ += 1;  // a lost packet
  for (int i = 0; i < 1000; ++i)
    if (const auto ack = next(receiver))
      for (std::size_t r = 0; r < ack->count; ++r)
        reports += ack->ranges[r].first <= first && first < ack->ranges[r].end ? 1 : 0;
  EXPECT_GE(reports, ack_history - 2);
}

}  // namespace
}  // namespace netlab::reliable
