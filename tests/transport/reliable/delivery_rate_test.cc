// Delivery rate samples with numbers worked out by hand. Packets have 1000 bytes.
#include "transport/reliable/state/delivery_rate.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

class DeliveryRateTest : public testing::Test {
 protected:
  static Instant at(Duration passed) { return Instant(1h) + passed; }
  SentPacket send(Duration passed, bool nothing_else_in_flight = false) {
    SentPacket packet{.sent = at(passed), .size = 1000};
    rate_.on_sent(packet, nothing_else_in_flight);
    return packet;
  }
  // One packet is acknowledged at 100 ms; then two packets, sent at 100 and 150 ms, together.
  double rate_of_two_acknowledged_at(Duration passed) {
    rate_.on_delivered(at(100ms), send(0ms, true));
    rate_.take();
    const SentPacket second = send(100ms);
    const SentPacket third = send(150ms);
    rate_.on_delivered(at(passed), second);
    rate_.on_delivered(at(passed), third);
    return rate_.take();
  }

  DeliveryRate rate_;
};

TEST_F(DeliveryRateTest, MeasuresOnePacketPerRoundTrip) {
  const SentPacket packet = send(0ms, true);
  EXPECT_EQ(rate_.take(), 0);  // not known yet
  rate_.on_delivered(at(100ms), packet);
  EXPECT_DOUBLE_EQ(rate_.take(), 10'000);
  EXPECT_EQ(rate_.take(), 0);  // it was taken already
  EXPECT_EQ(rate_.delivered(), 1000u);
}

// Four packets at once, then an acknowledgement every 10 ms and a packet for each: after the first
// round trip, the rate is that of the line, 1000 bytes in 10 ms.
TEST_F(DeliveryRateTest, MatchesTheLineOnceThePipeIsFull) {
  std::vector<SentPacket> packets;
  for (int i = 0; i < 4; ++i) packets.push_back(send(0ms, i == 0));
  const double rates[] = {1000 / 0.010, 2000 / 0.020, 3000 / 0.030, 4000 / 0.040,
                          4000 / 0.040, 4000 / 0.040, 4000 / 0.040, 4000 / 0.040};
  for (int i = 0; i < 8; ++i) {
    rate_.on_delivered(at(10ms * (i + 1)), packets[i]);
    EXPECT_DOUBLE_EQ(rate_.take(), rates[i]) << i;
    EXPECT_EQ(rate_.delivered_before(), i < 4 ? 0 : 1000u * (i - 3));
    packets.push_back(send(10ms * (i + 1)));
  }
}

// Delayed acknowledgements may arrive together, but packets cannot be delivered faster than they
// were sent.
TEST_F(DeliveryRateTest, UsesTheSendIntervalIfItIsLonger) {
  // The send interval starts at the first packet; the ACK interval is only 60 ms.
  EXPECT_DOUBLE_EQ(rate_of_two_acknowledged_at(160ms), 2000 / 0.150);
  rate_.on_delivered(at(170ms), send(160ms));
  EXPECT_DOUBLE_EQ(rate_.take(), 1000 / 0.010);  // from the third on
}

TEST_F(DeliveryRateTest, UsesTheAckIntervalIfItIsLonger) {
  EXPECT_DOUBLE_EQ(rate_of_two_acknowledged_at(300ms),
                   2000 / 0.200);  // since the first was acknowledged
}

TEST_F(DeliveryRateTest, ExcludesIdleTime) {
  rate_.on_delivered(at(100ms), send(0ms, true));
  rate_.take();
  rate_.on_delivered(at(10s + 50ms), send(10s, true));
  EXPECT_DOUBLE_EQ(rate_.take(), 1000 / 0.050);
}

TEST_F(DeliveryRateTest, UsesThePacketThatWasSentLast) {
  const SentPacket early = send(0ms, true);
  rate_.on_delivered(at(100ms), send(0ms));
  rate_.take();
  const SentPacket late = send(100ms);
  rate_.on_delivered(at(200ms), late);
  rate_.on_delivered(at(200ms), early);  // although it is acknowledged later
  EXPECT_EQ(rate_.delivered_before(), 1000u);
  EXPECT_DOUBLE_EQ(rate_.take(), 2000 / 0.100);
}

TEST_F(DeliveryRateTest, IsUnknownForAnIntervalOfZero) {
  rate_.on_delivered(at(0ms), send(0ms, true));
  EXPECT_EQ(rate_.take(), 0);
}

TEST_F(DeliveryRateTest, MarksPacketsAppLimitedUntilEarlierOnesArrive) {
  const SentPacket before = send(0ms, true);
  rate_.on_app_limited(1000);
  const SentPacket after = send(10ms);
  rate_.on_delivered(at(100ms), before);
  EXPECT_FALSE(rate_.was_app_limited());
  const SentPacket next = send(100ms);  // exactly 1000 bytes have been delivered
  rate_.on_delivered(at(110ms), after);
  EXPECT_TRUE(rate_.was_app_limited());
  rate_.on_delivered(at(200ms), next);
  EXPECT_TRUE(rate_.was_app_limited());
  rate_.on_delivered(at(300ms), send(200ms));
  EXPECT_FALSE(rate_.was_app_limited());
}

}  // namespace
}  // namespace netlab::reliable
