// RFC 9002 section 5, with its formulas worked out by hand.
#include "transport/reliable/state/rtt.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

TEST(RttEstimator, StartsAt333Milliseconds) {
  const RttEstimator rtt;
  EXPECT_FALSE(rtt.is_measured());
  EXPECT_EQ(rtt.smoothed_rtt(), 333ms);
  EXPECT_EQ(rtt.rttvar(), 166'500us);
  EXPECT_EQ(rtt.probe_timeout({}), 999ms);
}

TEST(RttEstimator, UsesTheFirstSampleUnchanged) {
  RttEstimator rtt;
  rtt.sample(100ms, 20ms);
  EXPECT_EQ(rtt.smoothed_rtt(), 100ms);
  EXPECT_EQ(rtt.rttvar(), 50ms);
  EXPECT_EQ(rtt.min_rtt(), 100ms);
}

TEST(RttEstimator, SmoothsByAnEighthAndAFourth) {
  RttEstimator rtt;
  rtt.sample(100ms, 0ms);
  rtt.sample(180ms, 0ms);
  EXPECT_EQ(rtt.rttvar(), 57'500us);
  EXPECT_EQ(rtt.smoothed_rtt(), 110ms);
  EXPECT_EQ(rtt.probe_timeout(25ms), 110ms + 4 * 57'500us + 25ms);
}

TEST(RttEstimator, SubtractsTheAckDelayDownToTheMinimum) {
  RttEstimator rtt;
  rtt.sample(100ms, 0ms);
  rtt.sample(120ms, 20ms);
  EXPECT_EQ(rtt.smoothed_rtt(), 100ms);
  rtt.sample(110ms, 20ms);  // would be below the minimum: the delay is ignored
  EXPECT_EQ(rtt.smoothed_rtt(), 101'250us);
}

TEST(RttEstimator, LossDelayIsNineEighths) {
  RttEstimator rtt;
  rtt.sample(80ms, 0ms);
  EXPECT_EQ(rtt.loss_delay(), 90ms);
  RttEstimator fast;
  fast.sample(10us, 0ms);
  EXPECT_EQ(fast.loss_delay(), 1ms);  // the granularity
}

}  // namespace
}  // namespace netlab::reliable
