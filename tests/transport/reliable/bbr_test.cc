// BBR with numbers worked out by hand: 1.2 MB/s and 100 ms make 120,000 bytes on their way, or a
// hundred packets.
#include "transport/reliable/congestion/bbr.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t packet_size = 1200;
constexpr double rate = 1'200'000;
constexpr std::uint64_t product = 120'000;
constexpr double startup_gain = 2.885;
// Of that rate: two packets at each end and for an acknowledgement.
constexpr std::uint64_t quanta = 3 * 2 * packet_size;

TEST(RecentMaximum, ForgetsAValueAfterTenRounds) {
  RecentMaximum recent;
  EXPECT_EQ(recent.get(), 0);
  recent.add(7);
  recent.add(3);
  EXPECT_EQ(recent.get(), 7);
  for (int i = 0; i < 9; ++i) {
    recent.begin_round();
    recent.add(5);
    EXPECT_EQ(recent.get(), 7) << i;
  }
  recent.begin_round();
  EXPECT_EQ(recent.get(), 5);
  recent.clear();
  EXPECT_EQ(recent.get(), 0);
}

class BbrTest : public testing::Test {
 protected:
  // An acknowledgement of one packet, so long after the last one.
  void acknowledge(Duration after, AckEvent event) {
    now_ += after;
    event.now = now_;
    if (event.bytes == 0) event.bytes = packet_size;
    RttEstimator rtt;
    rtt.sample(rtt_, 0ms);
    bbr_.on_acknowledged(event, rtt);
  }
  void round(double delivered = rate, std::uint64_t left = 0) {
    acknowledge(100ms, {.in_flight = left + packet_size, .rate = delivered, .round_is_over = true});
  }
  // Start-up and drain are over, and what the bandwidth is known to be is this.
  void fill(double delivered = rate) {
    for (int i = 0; i < 4; ++i) round(delivered);
    ASSERT_EQ(pace(), delivered);
  }
  // Until it looks at the round trip, which was longer since `now_`.
  void begin_probe(std::uint64_t left) {
    rtt_ = 110ms;
    acknowledge(5s, {.in_flight = left + packet_size, .rate = rate});
    ASSERT_EQ(pace(), rate);
    acknowledge(1ns, {.in_flight = left + packet_size, .rate = rate});
    ASSERT_LT(bbr_.window(), product);
  }
  double pace() const {
    RttEstimator rtt;
    rtt.sample(rtt_, 0ms);
    return bbr_.pacing_rate(rtt);
  }

  Instant now_ = Instant(1h);
  Duration rtt_ = 100ms;
  Bbr bbr_{packet_size};
};

TEST_F(BbrTest, BeginsWithTenPacketsAtTheStartUpsPace) {
  EXPECT_EQ(bbr_.window(), 10 * packet_size);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 10 * packet_size / 0.1);
  rtt_ = 10us;  // no shorter than a millisecond
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 10 * packet_size / 0.001);
}

TEST_F(BbrTest, BeginsNoSlowerWhenTheFirstAnswerWasLate) {
  RttEstimator rtt;
  EXPECT_DOUBLE_EQ(bbr_.pacing_rate(rtt), startup_gain * 10 * packet_size / 0.333);
  rtt.sample(10ms, 0ms);
  rtt.sample(5s, 0ms);
  EXPECT_DOUBLE_EQ(bbr_.pacing_rate(rtt), startup_gain * 10 * packet_size / 0.01);
}

TEST_F(BbrTest, DoublesTheRateInStartUp) {
  round();
  EXPECT_DOUBLE_EQ(pace(), startup_gain * rate);
  EXPECT_EQ(bbr_.window(), static_cast<std::uint64_t>(startup_gain * product) + quanta);
  round(2 * rate);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 2 * rate);
}

// What is left of its ten packets at a rate that says little.
TEST_F(BbrTest, SendsNoLessThanAtTheBeginningUntilThePipeWasFull) {
  round(1000);
  EXPECT_EQ(bbr_.window(), 10 * packet_size);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 10 * packet_size / 0.1);
}

TEST_F(BbrTest, TakesThePipeForFullAfterThreeRoundsWithoutAQuarterMore) {
  round(rate, product);
  for (int i = 0; i < 2; ++i) round(1.24 * rate, 2 * product);
  round(1.25 * rate, 2 * product);  // a quarter more: from the beginning
  for (int i = 0; i < 2; ++i) {
    round(1.25 * rate, 2 * product);
    EXPECT_DOUBLE_EQ(pace(), startup_gain * 1.25 * rate) << i;
  }
  round(1.25 * rate, 2 * product);
  EXPECT_DOUBLE_EQ(pace(), 1.25 * rate / startup_gain);
}

TEST_F(BbrTest, CountsNoRoundsInWhichTheApplicationHadNoMore) {
  round(rate, 2 * product);
  for (int i = 0; i < 10; ++i)
    acknowledge(
        100ms,
        {.in_flight = 2 * product, .rate = rate, .app_limited = true, .round_is_over = true});
  for (int i = 0; i < 10; ++i)  // nor what is within one
    acknowledge(1ms, {.in_flight = 2 * product, .rate = rate});
  EXPECT_DOUBLE_EQ(pace(), startup_gain * rate);
}

TEST_F(BbrTest, DrainsToWhatThePathHolds) {
  for (int i = 0; i < 4; ++i) round(rate, 2 * product);
  EXPECT_DOUBLE_EQ(pace(), rate / startup_gain);
  round(rate, product + 1);
  EXPECT_DOUBLE_EQ(pace(), rate / startup_gain);
  round(rate, product);
  EXPECT_EQ(pace(), rate);
  EXPECT_EQ(bbr_.window(),
            2 * product + quanta + packet_size);  // the last one came beyond the rate
}

TEST_F(BbrTest, TriesALittleMoreAndALittleLessInEightPhases) {
  fill();
  acknowledge(100ms, {.rate = rate});  // a phase is longer than a round trip
  for (int i = 0; i < 2; ++i)
    for (const double gain : {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.25, 0.75}) {
      EXPECT_DOUBLE_EQ(pace(), gain * rate);
      const std::uint64_t more = gain > 1 ? 2 * packet_size : 0;
      EXPECT_EQ(bbr_.window(), 2 * product + quanta + packet_size + more) << gain;
      acknowledge(101ms, {.rate = rate});
    }
}

TEST_F(BbrTest, HeedsNoLoss) {
  fill();
  const std::uint64_t before = bbr_.window();
  bbr_.on_lost(now_, now_, 50 * packet_size);
  EXPECT_EQ(bbr_.window(), before);
  EXPECT_EQ(pace(), rate);
}

TEST_F(BbrTest, TakesARateOfTenRoundsAgoForNoMeasure) {
  fill();
  for (int i = 0; i < 9; ++i) round(rate / 2);
  EXPECT_GE(pace(), rate * 0.75);
  round(rate / 2);
  EXPECT_LE(pace(), rate / 2 * 1.25);
}

TEST_F(BbrTest, TakesWhatTheApplicationGaveForNoMeasureUnlessItIsMore) {
  fill();
  for (int i = 0; i < 20; ++i)
    acknowledge(1ms, {.rate = rate / 2, .app_limited = true, .round_is_over = true});
  EXPECT_EQ(pace(), rate);
  acknowledge(1ms, {.rate = 2 * rate, .app_limited = true});
  EXPECT_EQ(pace(), 2 * rate);
}

TEST_F(BbrTest, LooksAtTheRoundTripAfterFiveSeconds) {
  fill();
  begin_probe(2 * product);
  EXPECT_EQ(bbr_.window(), product / 2);
  EXPECT_EQ(pace(), rate);
  rtt_ = 120ms;  // the queue is still there
  acknowledge(1s, {.in_flight = product / 2 + 1 + packet_size, .rate = rate});
  EXPECT_EQ(bbr_.window(), product / 2);
  acknowledge(1ms, {.in_flight = product / 2 + packet_size, .rate = rate});  // from here on
  acknowledge(199ms, {.in_flight = packet_size, .rate = rate});
  EXPECT_EQ(bbr_.window(), product / 2);
  acknowledge(1ms, {.in_flight = packet_size, .rate = rate});
  EXPECT_GT(bbr_.window(), 2 * product);
  acknowledge(5s, {.rate = rate});  // from the end of the last
  EXPECT_GT(bbr_.window(), 2 * product);
  acknowledge(1ns, {.rate = rate});  // and again, from the 110 ms on
  EXPECT_EQ(bbr_.window(), product * 110 / 100 / 2);
}

TEST_F(BbrTest, LooksNotWhileTheRoundTripIsAsShortAsEver) {
  fill();
  for (int i = 0; i < 200; ++i) {
    round();
    EXPECT_GT(bbr_.window(), 2 * product) << i;
  }
}

TEST_F(BbrTest, LeavesFourPacketsOnTheirWayWhileItLooks) {
  fill(24'000);  // of which half a round trip is one
  rtt_ = 110ms;
  acknowledge(5s + 1ns, {.rate = 24'000});
  EXPECT_EQ(bbr_.window(), 4 * packet_size);
}

TEST_F(BbrTest, LooksForARoundTripWhereThatIsLonger) {
  rtt_ = 300ms;
  for (int i = 0; i < 5; ++i) acknowledge(300ms, {.rate = rate, .round_is_over = true});
  rtt_ = 310ms;
  acknowledge(5s + 1ns, {.rate = rate});
  ASSERT_EQ(bbr_.window(), 3 * product / 2);
  acknowledge(1ms, {.rate = rate});  // the queue is empty
  acknowledge(299ms, {.rate = rate});
  EXPECT_EQ(bbr_.window(), 3 * product / 2);
  acknowledge(1ms, {.rate = rate});
  EXPECT_GT(bbr_.window(), 6 * product);
}

TEST_F(BbrTest, TakesWhatANearlyEmptyPipeDeliversForNoMeasure) {
  fill();
  begin_probe(2 * product);
  for (int i = 0; i < 20; ++i)
    acknowledge(1ms, {.in_flight = 2 * product, .rate = rate / 10, .round_is_over = true});
  EXPECT_EQ(pace(), rate);
}

TEST_F(BbrTest, KeepsTheShortestRoundTripForTenSeconds) {
  fill();
  const Instant seen = now_;
  rtt_ = 200ms;
  while (now_ < seen + 9900ms) acknowledge(100ms, {.rate = rate});
  acknowledge(100ms, {.rate = rate});
  EXPECT_LE(bbr_.window(), 2 * product + quanta + 3 * packet_size);
  acknowledge(1ns, {.rate = rate});
  EXPECT_GE(bbr_.window(), 4 * product + quanta);
  rtt_ = 50ms;  // a shorter one at once
  acknowledge(100ms, {.rate = rate});
  EXPECT_LE(bbr_.window(), product + quanta + 3 * packet_size);
}

// What leaves at once: a packet, two, a millisecond's bytes, and 64 KiB.
TEST_F(BbrTest, HasRoomForThreeQuanta) {
  for (const auto& [measured, quantum] :
       {std::pair{149'999., 1200u}, std::pair{150'000., 2400u}, std::pair{5'000'000., 5000u},
        std::pair{100'000'000., 65'536u}}) {
    bbr_ = Bbr(packet_size);
    fill(measured);
    const auto on_its_way = static_cast<std::uint64_t>(2 * measured * 0.1);
    EXPECT_EQ(bbr_.window(), on_its_way + 3 * quantum + packet_size) << measured;
  }
}

TEST_F(BbrTest, MakesRoomForAcknowledgementsThatComeTogether) {
  fill();
  const std::uint64_t before = bbr_.window();
  // 60,000 bytes at once, and in the 10 ms since the last ones 12,000 were to be expected.
  acknowledge(10ms, {.bytes = 60'000, .rate = rate});
  acknowledge(10ms, {.bytes = 30'000, .rate = rate});
  EXPECT_EQ(bbr_.window(), before - packet_size + 60'000 + 30'000 - 12'000);
  acknowledge(1ms, {.bytes = 1'000'000, .rate = rate});
  EXPECT_EQ(bbr_.window(), before - packet_size + 120'000);  // no more than a tenth of a second's
  for (int i = 0; i < 20; ++i) round();                      // the last ten without
  EXPECT_LE(bbr_.window(), before + 2 * packet_size);
}

TEST_F(BbrTest, MakesNoRoomForThemInStartUp) {
  acknowledge(100ms, {.bytes = 60'000, .rate = rate});
  EXPECT_EQ(bbr_.window(), static_cast<std::uint64_t>(startup_gain * product) + quanta);
}

TEST_F(BbrTest, BeginsAnewWhenNothingComesThrough) {
  fill();
  bbr_.on_persistent_congestion();
  EXPECT_EQ(bbr_.window(), 10 * packet_size);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 10 * packet_size / 0.1);
  round(rate / 2);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * rate / 2);
  for (int i = 0; i < 3; ++i) round(rate / 2);
  EXPECT_EQ(pace(), rate / 2);
}

TEST_F(BbrTest, CountsInPacketsOfThePathsSize) {
  bbr_.set_datagram(9000);
  fill();
  EXPECT_EQ(bbr_.window(), 2 * product + 3 * 2 * 9000 + packet_size);
}

}  // namespace
}  // namespace netlab::reliable
