#include "command/shared/ping_statistics.h"

#include <gtest/gtest.h>

namespace netlab {
namespace {

using namespace std::chrono_literals;

TEST(PingStatistics, HaveTheNearestRankForAPercentile) {
  PingStatistics trips;
  for (int i = 100; i >= 1; --i) trips.answered(i * 1ms);
  EXPECT_EQ(trips.percentile(0), 1ms);
  EXPECT_EQ(trips.percentile(0.5), 50ms);
  EXPECT_EQ(trips.percentile(0.99), 99ms);
  EXPECT_EQ(trips.percentile(1), 100ms);
}

TEST(PingStatistics, AreSummedUp) {
  PingStatistics trips;
  trips.answered(1ms);
  trips.answered(3ms);
  trips.lost();
  EXPECT_EQ(trips.summary().text,
            "3 sent, 2 answered, 33.33% lost; round trip min/median/p99/max "
            "1.000/1.000/3.000/3.000 ms");
  EXPECT_EQ(trips.losses(), 1u);
}

TEST(PingStatistics, AreNotToldWhereThereAreNone) {
  EXPECT_EQ(PingStatistics().summary().text, "0 sent, 0 answered, 0% lost");
  PingStatistics trips;
  trips.lost();
  EXPECT_EQ(trips.summary().text, "1 sent, 0 answered, 100% lost");
}

}  // namespace
}  // namespace netlab
