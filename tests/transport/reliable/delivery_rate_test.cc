// How fast the network delivers, with numbers worked out by hand. Packets have 1000 bytes.
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
  // One that comes after 100 ms, then two, sent at 100 and 150 ms, that come together.
  double rate_of_two_that_come_at(Duration passed) {
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

TEST_F(DeliveryRateTest, IsOfAPacketAndItsRoundTrip) {
  const SentPacket packet = send(0ms, true);
  EXPECT_EQ(rate_.take(), 0);  // not known yet
  rate_.on_delivered(at(100ms), packet);
  EXPECT_DOUBLE_EQ(rate_.take(), 10'000);
  EXPECT_EQ(rate_.take(), 0);  // it was told
  EXPECT_EQ(rate_.delivered(), 1000u);
}

// Four at once, an acknowledgement every 10 ms, and a packet for each: after the first round trip
// what comes is what the line carries, 1000 bytes in 10 ms.
TEST_F(DeliveryRateTest, IsThatOfTheLineOnceThePipeIsFull) {
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

// Acknowledgements that were held up come together: faster than they were sent the packets did not
// come.
TEST_F(DeliveryRateTest, TakesTheTimeOfSendingWhereThatIsLonger) {
  // From the first on; 60 ms passed in coming.
  EXPECT_DOUBLE_EQ(rate_of_two_that_come_at(160ms), 2000 / 0.150);
  rate_.on_delivered(at(170ms), send(160ms));
  EXPECT_DOUBLE_EQ(rate_.take(), 1000 / 0.010);  // from the third on
}

TEST_F(DeliveryRateTest, TakesTheTimeOfComingWhereThatIsLonger) {
  EXPECT_DOUBLE_EQ(rate_of_two_that_come_at(300ms), 2000 / 0.200);  // since the first came
}

TEST_F(DeliveryRateTest, LeavesOutAPause) {
  rate_.on_delivered(at(100ms), send(0ms, true));
  rate_.take();
  rate_.on_delivered(at(10s + 50ms), send(10s, true));
  EXPECT_DOUBLE_EQ(rate_.take(), 1000 / 0.050);
}

TEST_F(DeliveryRateTest, IsOfThePacketThatWasSentLast) {
  const SentPacket early = send(0ms, true);
  rate_.on_delivered(at(100ms), send(0ms));
  rate_.take();
  const SentPacket late = send(100ms);
  rate_.on_delivered(at(200ms), late);
  rate_.on_delivered(at(200ms), early);  // though it comes behind
  EXPECT_EQ(rate_.delivered_before(), 1000u);
  EXPECT_DOUBLE_EQ(rate_.take(), 2000 / 0.100);
}

TEST_F(DeliveryRateTest, IsNotKnownOfWhatCameInNoTime) {
  rate_.on_delivered(at(0ms), send(0ms, true));
  EXPECT_EQ(rate_.take(), 0);
}

TEST_F(DeliveryRateTest, MarksWhatIsSentUntilAllBeforeHasCome) {
  const SentPacket before = send(0ms, true);
  rate_.on_app_limited(1000);
  const SentPacket after = send(10ms);
  rate_.on_delivered(at(100ms), before);
  EXPECT_FALSE(rate_.was_app_limited());
  const SentPacket next = send(100ms);  // 1000 bytes have come, and not more
  rate_.on_delivered(at(110ms), after);
  EXPECT_TRUE(rate_.was_app_limited());
  rate_.on_delivered(at(200ms), next);
  EXPECT_TRUE(rate_.was_app_limited());
  rate_.on_delivered(at(300ms), send(200ms));
  EXPECT_FALSE(rate_.was_app_limited());
}

}  // namespace
}  // namespace netlab::reliable
