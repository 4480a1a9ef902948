#include "transport/reliable/state/path_mtu.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

class PathMtuTest : public testing::Test {
 protected:
  // Probes until nothing is left to probe. Returns the number of probes.
  static int search(PathMtu& mtu, std::size_t path, Instant now) {
    int probes = 0;
    for (; const auto size = mtu.probe(now); ++probes) {
      mtu.on_probe_sent(*size);
      if (*size <= path)
        mtu.on_probe_acked(*size);
      else
        mtu.on_probe_lost(now, *size);
    }
    return probes;
  }

  const Instant now_ = Instant(1h);
};

TEST_F(PathMtuTest, FindsThePathMtu) {
  for (const auto& [path, found] : {std::pair<std::size_t, std::size_t>{1200, 1200},
                                    {1472, 1472},
                                    {1480, 1472},
                                    {8972, 8972},
                                    {65'507, 65'507}}) {
    PathMtu mtu(max_packet_size);
    EXPECT_LE(search(mtu, path, now_), 12);
    EXPECT_EQ(mtu.size(), found);
  }
}

TEST_F(PathMtuTest, StaysWithinTheAgreedMaximum) {
  PathMtu mtu(3000);
  search(mtu, 65'507, now_);
  EXPECT_EQ(mtu.size(), 3000u);
  PathMtu none(base_packet_size);
  EXPECT_EQ(search(none, 65'507, now_), 0);
}

TEST_F(PathMtuTest, HasAtMostOneProbeInFlight) {
  PathMtu mtu(max_packet_size);
  mtu.on_probe_sent(mtu.probe(now_).value());
  EXPECT_FALSE(mtu.probe(now_));
}

TEST_F(PathMtuTest, GivesUpAfterThreeProbesAndRetriesLater) {
  PathMtu mtu(max_packet_size);
  EXPECT_EQ(search(mtu, 1200, now_), 3);
  EXPECT_EQ(search(mtu, 1472, now_ + 9min), 0);
  search(mtu, 1472, now_ + 10min);
  EXPECT_EQ(mtu.size(), 1472u);
}

TEST_F(PathMtuTest, FallsBackWhenThePathShrinks) {
  PathMtu mtu(max_packet_size);
  search(mtu, 8972, now_);
  mtu.fall_back(now_ + 1h);
  EXPECT_EQ(mtu.size(), base_packet_size);
  EXPECT_EQ(search(mtu, 1472, now_ + 1h), 3);  // probes for the old size
  EXPECT_EQ(search(mtu, 1472, now_ + 1h + 59s), 0);
  search(mtu, 1472, now_ + 1h + 1min);
  EXPECT_EQ(mtu.size(), 1472u);
}

TEST_F(PathMtuTest, ReturnsToItsSizeAtOnceAfterAnOutage) {
  PathMtu mtu(max_packet_size);
  search(mtu, 8972, now_);
  mtu.fall_back(now_ + 1h);
  EXPECT_EQ(mtu.probe(now_ + 1h), 8972u);
  search(mtu, 8972, now_ + 1h);
  EXPECT_EQ(mtu.size(), 8972u);
}

}  // namespace
}  // namespace netlab::reliable
