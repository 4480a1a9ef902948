#include "impair/bottleneck.h"

#include <gtest/gtest.h>

#include "support/start.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

TEST(Bottleneck, WithoutARateLetsAllPassAtOnce) {
  Bottleneck line(0, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(line.pass(start + 5ms, 1'000'000), start + 5ms);
}

TEST(Bottleneck, SendsOneAfterTheOther) {
  Bottleneck line(1'000'000, 10);  // a byte a microsecond
  EXPECT_EQ(line.pass(start, 1000), start + 1ms);
  EXPECT_EQ(line.pass(start, 500), start + 1500us);
  EXPECT_EQ(line.pass(start + 1ms, 500), start + 2ms);
  EXPECT_EQ(line.pass(start + 1s, 1000), start + 1001ms);  // it was idle, and saves nothing up
}

TEST(Bottleneck, HasRoomForSoManyThatWait) {
  Bottleneck line(1'000'000, 2);
  EXPECT_EQ(line.pass(start, 1000), start + 1ms);  // is being sent
  EXPECT_EQ(line.pass(start, 1000), start + 2ms);
  EXPECT_EQ(line.pass(start, 1000), start + 3ms);
  EXPECT_EQ(line.pass(start, 1000), std::nullopt);
  EXPECT_EQ(line.pass(start + 999us, 1000), std::nullopt);
  EXPECT_EQ(line.pass(start + 1ms, 1000), start + 4ms);  // the first of those has begun
  EXPECT_EQ(line.pass(start + 1ms, 1000), std::nullopt);
}

TEST(Bottleneck, WithoutAQueueTakesWhatNeedNotWait) {
  Bottleneck line(1'000'000, 0);
  EXPECT_EQ(line.pass(start, 1000), start + 1ms);
  EXPECT_EQ(line.pass(start + 999us, 1), std::nullopt);
  EXPECT_EQ(line.pass(start + 1ms, 1000), start + 2ms);
}

TEST(Bottleneck, HoldsItsRate) {
  Bottleneck line(10'000'000, 1);
  Instant now = start;
  for (int i = 0; i < 10'000; ++i) now = line.pass(now, 1472).value();
  EXPECT_NEAR(in_seconds(now - start), 1.472, 0.001);
}

}  // namespace
}  // namespace netlab
