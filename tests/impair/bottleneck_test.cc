#include "impair/bottleneck.h"

#include <gtest/gtest.h>

#include "support/start.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

TEST(Bottleneck, PassesEverythingAtOnceWithoutARate) {
  Bottleneck bottleneck(0, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(bottleneck.pass(start + 5ms, 1'000'000), start + 5ms);
}

TEST(Bottleneck, SerializesPackets) {
  Bottleneck bottleneck(1'000'000, 10);  // one byte per microsecond
  EXPECT_EQ(bottleneck.pass(start, 1000), start + 1ms);
  EXPECT_EQ(bottleneck.pass(start, 500), start + 1500us);
  EXPECT_EQ(bottleneck.pass(start + 1ms, 500), start + 2ms);
  EXPECT_EQ(bottleneck.pass(start + 1s, 1000), start + 1001ms);  // idle time is not saved up
}

TEST(Bottleneck, DropsPacketsBeyondTheQueue) {
  Bottleneck bottleneck(1'000'000, 2);
  EXPECT_EQ(bottleneck.pass(start, 1000), start + 1ms);  // being transmitted
  EXPECT_EQ(bottleneck.pass(start, 1000), start + 2ms);
  EXPECT_EQ(bottleneck.pass(start, 1000), start + 3ms);
  EXPECT_EQ(bottleneck.pass(start, 1000), std::nullopt);
  EXPECT_EQ(bottleneck.pass(start + 999us, 1000), std::nullopt);
  EXPECT_EQ(bottleneck.pass(start + 1ms, 1000),
            start + 4ms);  // the first queued packet is now being transmitted
  EXPECT_EQ(bottleneck.pass(start + 1ms, 1000), std::nullopt);
}

TEST(Bottleneck, WithoutAQueueDropsPacketsThatWouldWait) {
  Bottleneck bottleneck(1'000'000, 0);
  EXPECT_EQ(bottleneck.pass(start, 1000), start + 1ms);
  EXPECT_EQ(bottleneck.pass(start + 999us, 1), std::nullopt);
  EXPECT_EQ(bottleneck.pass(start + 1ms, 1000), start + 2ms);
}

TEST(Bottleneck, KeepsItsRate) {
  Bottleneck bottleneck(10'000'000, 1);
  Instant now = start;
  for (int i = 0; i < 10'000; ++i) now = bottleneck.pass(now, 1472).value();
  EXPECT_NEAR(in_seconds(now - start), 1.472, 0.001);
}

}  // namespace
}  // namespace netlab
