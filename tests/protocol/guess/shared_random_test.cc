#include "protocol/guess/shared_random.h"

#include <gtest/gtest.h>

#include <limits>

namespace netlab {
namespace {

// The reference values of SplitMix64 for seed 0.
TEST(SharedRandom, WithASeedItIsSplitMix64) {
  const SharedRandom random(0);
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t expected :
       {0xe220a8397b1dcdafu, 0x6e789e6aa1b965f4u, 0x06c45d188009454fu})
    EXPECT_EQ(random.draw(most), expected);
}

TEST(SharedRandom, DrawsOnlyNumbersBelowTheCount) {
  for (const std::optional<std::uint64_t> seed : {std::optional<std::uint64_t>(1), {}}) {
    const SharedRandom random(seed);
    EXPECT_EQ(random.draw(1), 0u);
    for (int i = 0; i < 100; ++i) EXPECT_LT(random.draw(3), 3u);
  }
}

}  // namespace
}  // namespace netlab
