#include "command/shared/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace netlab {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesToTenSecondsWithJitterOfUpToHalf) {
  Backoff pause(1);
  Duration expected = 200ms;
  for (int i = 0; i < 20; ++i) {
    const Duration next = pause.next();
    EXPECT_GE(next, expected / 2);
    EXPECT_LE(next, expected);
    expected = std::min<Duration>(2 * expected, 10s);
  }
}

TEST(Backoff, ResetStartsOver) {
  Backoff pause(1);
  for (int i = 0; i < 5; ++i) pause.next();
  pause.reset();
  EXPECT_LE(pause.next(), 200ms);
}

TEST(Backoff, DiffersBetweenClients) {
  std::set<Duration> pauses;
  for (std::uint64_t seed = 0; seed < 20; ++seed) pauses.insert(Backoff(seed).next());
  EXPECT_GT(pauses.size(), 15u);
}

}  // namespace
}  // namespace netlab
