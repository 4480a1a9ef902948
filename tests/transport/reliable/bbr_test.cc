// BBR with numbers worked out by hand: the bandwidth-delay product of 1.2 MB/s and 100 ms is
// 120,000 bytes, or 100 packets.
#include "transport/reliable/congestion/bbr.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t packet_size = 1200;
constexpr double rate = 1'200'000;
constexpr std::uint64_t bdp = 120'000;
constexpr double startup_gain = 2.885;
// At that rate a quantum is two packets; there is one for each end and one for an acknowledgement.
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
  // Acknowledges one packet, `after` the previous acknowledgement.
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
  // Completes Startup and Drain, with this bandwidth estimate.
  void fill(double delivered = rate) {
    for (int i = 0; i < 4; ++i) round(delivered);
    ASSERT_EQ(pace(), delivered);
  }
  // Advances until ProbeRTT begins; the RTT is longer from `now_` on.
  void begin_probe(std::uint64_t left) {
    rtt_ = 110ms;
    acknowledge(5s, {.in_flight = left + packet_size, .rate = rate});
    ASSERT_EQ(pace(), rate);
    acknowledge(1ns, {.in_flight = left + packet_size, .rate = rate});
    ASSERT_LT(bbr_.window(), bdp);
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

TEST_F(BbrTest, StartsWithTenPacketsAtTheStartupPace) {
  EXPECT_EQ(bbr_.window(), 10 * packet_size);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 10 * packet_size / 0.1);
  rtt_ = 10us;  // an RTT of at least 1 ms is assumed
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 10 * packet_size / 0.001);
}

TEST_F(BbrTest, InitialPaceUsesTheMinimumRtt) {
  RttEstimator rtt;
  EXPECT_DOUBLE_EQ(bbr_.pacing_rate(rtt), startup_gain * 10 * packet_size / 0.333);
  rtt.sample(10ms, 0ms);
  rtt.sample(5s, 0ms);
  EXPECT_DOUBLE_EQ(bbr_.pacing_rate(rtt), startup_gain * 10 * packet_size / 0.01);
}

TEST_F(BbrTest, DoublesTheRateInStartup) {
  round();
  EXPECT_DOUBLE_EQ(pace(), startup_gain * rate);
  EXPECT_EQ(bbr_.window(), static_cast<std::uint64_t>(startup_gain * bdp) + quanta);
  round(2 * rate);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 2 * rate);
}

// The initial window is the minimum while the rate estimate is still too low.
TEST_F(BbrTest, KeepsAtLeastTheInitialWindowUntilThePipeIsFull) {
  round(1000);
  EXPECT_EQ(bbr_.window(), 10 * packet_size);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 10 * packet_size / 0.1);
}

TEST_F(BbrTest, PipeIsFullAfterThreeRoundsWithLessThan25PercentGrowth) {
  round(rate, bdp);
  for (int i = 0; i < 2; ++i) round(1.24 * rate, 2 * bdp);
  round(1.25 * rate, 2 * bdp);  // 25% growth: counting starts over
  for (int i = 0; i < 2; ++i) {
    round(1.25 * rate, 2 * bdp);
    EXPECT_DOUBLE_EQ(pace(), startup_gain * 1.25 * rate) << i;
  }
  round(1.25 * rate, 2 * bdp);
  EXPECT_DOUBLE_EQ(pace(), 1.25 * rate / startup_gain);
}

TEST_F(BbrTest, IgnoresAppLimitedRoundsInStartup) {
  round(rate, 2 * bdp);
  for (int i = 0; i < 10; ++i)
    acknowledge(100ms,
                {.in_flight = 2 * bdp, .rate = rate, .app_limited = true, .round_is_over = true});
  for (int i = 0; i < 10; ++i)  // nor acknowledgements within a round
    acknowledge(1ms, {.in_flight = 2 * bdp, .rate = rate});
  EXPECT_DOUBLE_EQ(pace(), startup_gain * rate);
}

TEST_F(BbrTest, DrainsToTheBandwidthDelayProduct) {
  for (int i = 0; i < 4; ++i) round(rate, 2 * bdp);
  EXPECT_DOUBLE_EQ(pace(), rate / startup_gain);
  round(rate, bdp + 1);
  EXPECT_DOUBLE_EQ(pace(), rate / startup_gain);
  round(rate, bdp);
  EXPECT_EQ(pace(), rate);
  EXPECT_EQ(
      bbr_.window(),
      2 * bdp + quanta + packet_size);  // one packet was acknowledged beyond the estimated rate
}

TEST_F(BbrTest, CyclesThroughEightPacingGains) {
  fill();
  acknowledge(100ms, {.rate = rate});  // a phase lasts longer than one round trip
  for (int i = 0; i < 2; ++i)
    for (const double gain : {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.25, 0.75}) {
      EXPECT_DOUBLE_EQ(pace(), gain * rate);
      const std::uint64_t more = gain > 1 ? 2 * packet_size : 0;
      EXPECT_EQ(bbr_.window(), 2 * bdp + quanta + packet_size + more) << gain;
      acknowledge(101ms, {.rate = rate});
    }
}

TEST_F(BbrTest, IgnoresLoss) {
  fill();
  const std::uint64_t before = bbr_.window();
  bbr_.on_lost(now_, now_, 50 * packet_size);
  EXPECT_EQ(bbr_.window(), before);
  EXPECT_EQ(pace(), rate);
}

TEST_F(BbrTest, ForgetsARateAfterTenRounds) {
  fill();
  for (int i = 0; i < 9; ++i) round(rate / 2);
  EXPECT_GE(pace(), rate * 0.75);
  round(rate / 2);
  EXPECT_LE(pace(), rate / 2 * 1.25);
}

TEST_F(BbrTest, CountsAppLimitedSamplesOnlyIfTheyRaiseTheEstimate) {
  fill();
  for (int i = 0; i < 20; ++i)
    acknowledge(1ms, {.rate = rate / 2, .app_limited = true, .round_is_over = true});
  EXPECT_EQ(pace(), rate);
  acknowledge(1ms, {.rate = 2 * rate, .app_limited = true});
  EXPECT_EQ(pace(), 2 * rate);
}

TEST_F(BbrTest, ProbesRttAfterFiveSeconds) {
  fill();
  begin_probe(2 * bdp);
  EXPECT_EQ(bbr_.window(), bdp / 2);
  EXPECT_EQ(pace(), rate);
  rtt_ = 120ms;  // the queue is not drained yet
  acknowledge(1s, {.in_flight = bdp / 2 + 1 + packet_size, .rate = rate});
  EXPECT_EQ(bbr_.window(), bdp / 2);
  acknowledge(1ms, {.in_flight = bdp / 2 + packet_size, .rate = rate});  // the 200 ms start here
  acknowledge(199ms, {.in_flight = packet_size, .rate = rate});
  EXPECT_EQ(bbr_.window(), bdp / 2);
  acknowledge(1ms, {.in_flight = packet_size, .rate = rate});
  EXPECT_GT(bbr_.window(), 2 * bdp);
  acknowledge(5s, {.rate = rate});  // counted from the end of the last probe
  EXPECT_GT(bbr_.window(), 2 * bdp);
  acknowledge(1ns, {.rate = rate});  // probes again, now with a BDP for 110 ms
  EXPECT_EQ(bbr_.window(), bdp * 110 / 100 / 2);
}

TEST_F(BbrTest, DoesNotProbeRttWhileTheMinimumIsConfirmed) {
  fill();
  for (int i = 0; i < 200; ++i) {
    round();
    EXPECT_GT(bbr_.window(), 2 * bdp) << i;
  }
}

TEST_F(BbrTest, ProbeRttKeepsAtLeastFourPacketsInFlight) {
  fill(24'000);  // half the BDP is one packet
  rtt_ = 110ms;
  acknowledge(5s + 1ns, {.rate = 24'000});
  EXPECT_EQ(bbr_.window(), 4 * packet_size);
}

TEST_F(BbrTest, ProbeRttLastsAtLeastOneRoundTrip) {
  rtt_ = 300ms;
  for (int i = 0; i < 5; ++i) acknowledge(300ms, {.rate = rate, .round_is_over = true});
  rtt_ = 310ms;
  acknowledge(5s + 1ns, {.rate = rate});
  ASSERT_EQ(bbr_.window(), 3 * bdp / 2);
  acknowledge(1ms, {.rate = rate});  // the queue is drained
  acknowledge(299ms, {.rate = rate});
  EXPECT_EQ(bbr_.window(), 3 * bdp / 2);
  acknowledge(1ms, {.rate = rate});
  EXPECT_GT(bbr_.window(), 6 * bdp);
}

TEST_F(BbrTest, IgnoresRateSamplesInProbeRtt) {
  fill();
  begin_probe(2 * bdp);
  for (int i = 0; i < 20; ++i)
    acknowledge(1ms, {.in_flight = 2 * bdp, .rate = rate / 10, .round_is_over = true});
  EXPECT_EQ(pace(), rate);
}

TEST_F(BbrTest, KeepsTheMinimumRttForTenSeconds) {
  fill();
  const Instant seen = now_;
  rtt_ = 200ms;
  while (now_ < seen + 9900ms) acknowledge(100ms, {.rate = rate});
  acknowledge(100ms, {.rate = rate});
  EXPECT_LE(bbr_.window(), 2 * bdp + quanta + 3 * packet_size);
  acknowledge(1ns, {.rate = rate});
  EXPECT_GE(bbr_.window(), 4 * bdp + quanta);
  rtt_ = 50ms;  // a shorter RTT counts at once
  acknowledge(100ms, {.rate = rate});
  EXPECT_LE(bbr_.window(), bdp + quanta + 3 * packet_size);
}

// A quantum, which is sent at once, is one packet, two packets, 1 ms of bytes, or at most 64 KiB.
TEST_F(BbrTest, WindowHasRoomForThreeQuanta) {
  for (const auto& [measured, quantum] :
       {std::pair{149'999., 1200u}, std::pair{150'000., 2400u}, std::pair{5'000'000., 5000u},
        std::pair{100'000'000., 65'536u}}) {
    bbr_ = Bbr(packet_size);
    fill(measured);
    const auto in_flight = static_cast<std::uint64_t>(2 * measured * 0.1);
    EXPECT_EQ(bbr_.window(), in_flight + 3 * quantum + packet_size) << measured;
  }
}

TEST_F(BbrTest, MakesRoomForAggregatedAcknowledgements) {
  fill();
  const std::uint64_t before = bbr_.window();
  // 60,000 bytes are acknowledged at once; 12,000 were expected in the 10 ms before.
  acknowledge(10ms, {.bytes = 60'000, .rate = rate});
  acknowledge(10ms, {.bytes = 30'000, .rate = rate});
  EXPECT_EQ(bbr_.window(), before - packet_size + 60'000 + 30'000 - 12'000);
  acknowledge(1ms, {.bytes = 1'000'000, .rate = rate});
  EXPECT_EQ(bbr_.window(), before - packet_size + 120'000);  // at most the bytes of 100 ms
  for (int i = 0; i < 20; ++i) round();                      // the last ten without aggregation
  EXPECT_LE(bbr_.window(), before + 2 * packet_size);
}

TEST_F(BbrTest, MakesNoRoomForAggregationInStartup) {
  acknowledge(100ms, {.bytes = 60'000, .rate = rate});
  EXPECT_EQ(bbr_.window(), static_cast<std::uint64_t>(startup_gain * bdp) + quanta);
}

TEST_F(BbrTest, StartsOverOnPersistentCongestion) {
  fill();
  bbr_.on_persistent_congestion();
  EXPECT_EQ(bbr_.window(), 10 * packet_size);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * 10 * packet_size / 0.1);
  round(rate / 2);
  EXPECT_DOUBLE_EQ(pace(), startup_gain * rate / 2);
  for (int i = 0; i < 3; ++i) round(rate / 2);
  EXPECT_EQ(pace(), rate / 2);
}

TEST_F(BbrTest, UsesThePathsDatagramSize) {
  bbr_.set_max_datagram_size(9000);
  fill();
  EXPECT_EQ(bbr_.window(), 2 * bdp + 3 * 2 * 9000 + packet_size);
}

}  // namespace
}  // namespace netlab::reliable
