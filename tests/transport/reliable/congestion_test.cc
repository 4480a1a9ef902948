// NewReno and CUBIC with the numbers of RFC 9002 and RFC 9438.
#include "transport/reliable/congestion/congestion.h"

#include <gtest/gtest.h>

#include <cmath>

#include "transport/reliable/congestion/cubic.h"
#include "transport/reliable/congestion/new_reno.h"
#include "transport/reliable/state/pacer.h"

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t datagram = 1200;

class CongestionTest : public testing::Test {
 protected:
  CongestionTest() { rtt_.sample(100ms, 0ms); }

  // One round trip in which a whole window is delivered, with one acknowledgement per packet.
  void round(Congestion& control, Duration lasts = 100ms) {
    const std::uint64_t packets = control.window() / datagram;
    const Instant sent = now_ + 1ns;
    for (std::uint64_t i = 0; i < packets; ++i)
      control.on_acknowledged({.now = now_ + lasts * (i + 1) / packets,
                               .sent = sent,
                               .bytes = datagram,
                               .in_flight = control.window(),
                               .window_was_full = true},
                              rtt_);
    now_ += lasts;
  }
  double packets(const Congestion& control) const {
    return static_cast<double>(control.window()) / static_cast<double>(datagram);
  }

  Instant now_ = Instant(1h);
  RttEstimator rtt_;
};

TEST_F(CongestionTest, StartsWithTenPackets) {
  EXPECT_EQ(initial_window(1200), 12'000u);
  EXPECT_EQ(initial_window(1472), 14'720u);
  EXPECT_EQ(initial_window(9000), 18'000u);  // RFC 9002 section 7.2
  for (const CongestionRow& row : congestion_controls())
    EXPECT_EQ(row.make(datagram)->window(), 12'000u) << row.name;
}

TEST_F(CongestionTest, NewRenoDoublesUntilTheFirstLoss) {
  NewReno control(datagram);
  round(control);
  EXPECT_EQ(control.window(), 24'000u);
  round(control);
  EXPECT_EQ(control.window(), 48'000u);
}

TEST_F(CongestionTest, NewRenoHalvesOncePerRoundTripAndGrowsByOnePacket) {
  NewReno control(datagram);
  for (int i = 0; i < 3; ++i) round(control);
  const Instant sent = now_;
  control.on_lost(now_ + 10ms, sent, datagram);
  EXPECT_EQ(control.window(), 48'000u);
  control.on_lost(now_ + 20ms, sent + 5ms, datagram);  // the same congestion event
  EXPECT_EQ(control.window(), 48'000u);
  now_ += 100ms;
  round(control);
  EXPECT_NEAR(packets(control), 41, 0.1);
  control.on_lost(now_ + 1ms, now_, datagram);
  EXPECT_NEAR(packets(control), 20.5, 0.1);
}

TEST_F(CongestionTest, NewRenoNeverFallsBelowTwoPackets) {
  NewReno control(datagram);
  for (int i = 0; i < 20; ++i) {
    control.on_lost(now_, now_, datagram);
    now_ += 1s;
  }
  EXPECT_EQ(control.window(), 2 * datagram);
  round(control);
  control.on_persistent_congestion();
  EXPECT_EQ(control.window(), 2 * datagram);
}

TEST_F(CongestionTest, NewRenoDoesNotGrowUnlessTheWindowWasFull) {
  NewReno control(datagram);
  control.on_acknowledged({.now = now_, .sent = now_, .bytes = datagram, .window_was_full = false},
                          rtt_);
  EXPECT_EQ(control.window(), 12'000u);
}

// RFC 9438: W_max = 320. The loss reduces it to 0.7; it returns after K = cbrt(W_max * 0.3 / 0.4)
// s.
TEST_F(CongestionTest, CubicReturnsToItsMaximumAfterK) {
  Cubic control(datagram);
  for (int i = 0; i < 5; ++i) round(control);
  ASSERT_EQ(control.window(), 320 * datagram);
  control.on_lost(now_ + 1ms, now_, datagram);
  EXPECT_NEAR(packets(control), 224, 0.01);
  const double k = std::cbrt(320 * 0.3 / 0.4);
  EXPECT_NEAR(k, 6.21, 0.01);
  now_ += 100ms;
  const Instant begin = now_;
  // The target is one round trip ahead: W_cubic(t + RTT) = 0.4 (t + RTT - K)^3 + W_max.
  for (const int tenths : {20, 40, 61, 90}) {
    while (now_ < begin + tenths * 100ms) round(control);
    EXPECT_NEAR(packets(control), 0.4 * std::pow(tenths / 10.0 + 0.1 - k, 3) + 320, 3) << tenths;
  }
}

TEST_F(CongestionTest, CubicFastConvergenceReleasesBandwidth) {
  Cubic control(datagram);
  for (int i = 0; i < 5; ++i) round(control);
  control.on_lost(now_ + 1ms, now_, datagram);  // at 320
  now_ += 1s;
  control.on_lost(now_ + 1ms, now_, datagram);  // at 224, below the last W_max
  EXPECT_NEAR(packets(control), 224 * 0.7, 0.01);
  now_ += 100ms;
  // The plateau is at 224 * (1 + 0.7) / 2 = 190.4 (section 4.7).
  const double k = std::cbrt((190.4 - 156.8) / 0.4);
  const Instant begin = now_;
  while (now_ < begin + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(k)))
    round(control);
  EXPECT_NEAR(packets(control), 190.4, 1);
}

// Section 4.3: at a short RTT, Reno would grow faster than the cubic curve; CUBIC matches it.
TEST_F(CongestionTest, CubicIsNoSlowerThanRenoAtShortRtts) {
  RttEstimator fast;
  fast.sample(1ms, 0ms);
  rtt_ = fast;
  Cubic control(datagram);
  for (int i = 0; i < 3; ++i) round(control, 1ms);
  control.on_lost(now_ + 1us, now_, datagram);
  now_ += 1ms;
  for (int i = 0; i < 100; ++i) round(control, 1ms);
  // 100 round trips of 3 (1 - 0.7) / (1 + 0.7) = 0.53 packets; the cubic curve would be at 59.
  EXPECT_GT(packets(control), 56 + 20);
}

TEST_F(CongestionTest, CubicFallsToTwoPacketsOnPersistentCongestion) {
  Cubic control(datagram);
  control.on_persistent_congestion();
  EXPECT_EQ(control.window(), 2 * datagram);
}

TEST(Pacer, SendsAtItsRate) {
  Pacer pacer;
  Instant now = Instant(1h);
  pacer.set(now, 1'000'000, 3000);
  std::uint64_t sent = 0;
  const Instant end = now + 1s;
  while (now < end) {
    while (pacer.may_send(now)) {
      pacer.sent(1000);
      sent += 1000;
    }
    EXPECT_GT(pacer.next(), now);
    now = pacer.next();
  }
  EXPECT_NEAR(static_cast<double>(sent), 1'003'000, 2000);
}

TEST(Pacer, SavesUpAtMostOneBurst) {
  Pacer pacer;
  const Instant now = Instant(1h);
  pacer.set(now, 1'000'000, 3000);
  int burst = 0;
  for (; pacer.may_send(now + 10s); ++burst) pacer.sent(1000);
  EXPECT_EQ(burst, 3);
}

}  // namespace
}  // namespace netlab::reliable
