#include "command/shared/ping_statistics.h"

#include <gtest/gtest.h>

namespace netlab {
namespace {

using namespace std::chrono_literals;

TEST(PingStatistics, PercentileUsesTheNearestRank) {
  PingStatistics statistics;
  for (int i = 100; i >= 1; --i) statistics.answered(i * 1ms);
  EXPECT_EQ(statistics.percentile(0), 1ms);
  EXPECT_EQ(statistics.percentile(0.5), 50ms);
  EXPECT_EQ(statistics.percentile(0.99), 99ms);
  EXPECT_EQ(statistics.percentile(1), 100ms);
}

TEST(PingStatistics, SummaryCountsLossesAndRoundTrips) {
  PingStatistics statistics;
  statistics.answered(1ms);
  statistics.answered(3ms);
  statistics.lost();
  EXPECT_EQ(statistics.summary().text,
            "3 sent, 2 answered, 33.33% lost; RTT min/median/p99/max "
            "1.000/1.000/3.000/3.000 ms");
  EXPECT_EQ(statistics.losses(), 1u);
}

TEST(PingStatistics, SummaryOmitsRoundTripsWithoutReplies) {
  EXPECT_EQ(PingStatistics().summary().text, "0 sent, 0 answered, 0% lost");
  PingStatistics statistics;
  statistics.lost();
  EXPECT_EQ(statistics.summary().text, "1 sent, 0 answered, 100% lost");
}

}  // namespace
}  // namespace netlab
