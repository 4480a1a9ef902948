// RFC 9002 section 5, with its formulas worked out by hand.
#include "transport/reliable/state/rtt.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

TEST(RoundTrip, BeginsWithAThirdOfASecond) {
  const RoundTrip round_trip;
  EXPECT_FALSE(round_trip.is_measured());
  EXPECT_EQ(round_trip.smoothed(), 333ms);
  EXPECT_EQ(round_trip.variation(), 166'500us);
  EXPECT_EQ(round_trip.probe_timeout({}), 999ms);
}

TEST(RoundTrip, TakesTheFirstSampleAsItIs) {
  RoundTrip round_trip;
  round_trip.sample(100ms, 20ms);
  EXPECT_EQ(round_trip.smoothed(), 100ms);
  EXPECT_EQ(round_trip.variation(), 50ms);
  EXPECT_EQ(round_trip.smallest(), 100ms);
}

TEST(RoundTrip, SmoothsByAnEighthAndAFourth) {
  RoundTrip round_trip;
  round_trip.sample(100ms, 0ms);
  round_trip.sample(180ms, 0ms);
  EXPECT_EQ(round_trip.variation(), 57'500us);
  EXPECT_EQ(round_trip.smoothed(), 110ms);
  EXPECT_EQ(round_trip.probe_timeout(25ms), 110ms + 4 * 57'500us + 25ms);
}

TEST(RoundTrip, TakesOffWhatThePeerWaitedButNeverMoreThanThereWas) {
  RoundTrip round_trip;
  round_trip.sample(100ms, 0ms);
  round_trip.sample(120ms, 20ms);
  EXPECT_EQ(round_trip.smoothed(), 100ms);
  round_trip.sample(110ms, 20ms);  // would be less than the smallest: it is not believed
  EXPECT_EQ(round_trip.smoothed(), 101'250us);
}

TEST(RoundTrip, WaitsForOvertakenPacketsAnEighthLonger) {
  RoundTrip round_trip;
  round_trip.sample(80ms, 0ms);
  EXPECT_EQ(round_trip.loss_delay(), 90ms);
  RoundTrip fast;
  fast.sample(10us, 0ms);
  EXPECT_EQ(fast.loss_delay(), 1ms);  // the granularity
}

}  // namespace
}  // namespace netlab::reliable
