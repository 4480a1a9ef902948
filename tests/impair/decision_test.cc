#include "impair/decision.h"

#include <gtest/gtest.h>

namespace netlab {
namespace {

using Of = Chance::Of;

// Computed by another program: the same seed means the same in later versions.
TEST(Chance, StaysAsItIs) {
  EXPECT_EQ(Chance(0, 0).number(Of::loss, 1), 0x2270b27359def8db);
  EXPECT_EQ(Chance(42, 3).number(Of::reorder, 1'000'000), 0x0921c03e3ac79b9c);
  constexpr std::uint64_t most = ~std::uint64_t{0};
  EXPECT_EQ(Chance(most, most).number(Of::jitter, most), 0xd92f2b0b9f559f15);
}

TEST(Chance, DependsOnEachOfItsFour) {
  const std::uint64_t number = Chance(1, 2).number(Of::loss, 3);
  EXPECT_EQ(Chance(1, 2).number(Of::loss, 3), number);
  EXPECT_NE(Chance(2, 2).number(Of::loss, 3), number);
  EXPECT_NE(Chance(1, 3).number(Of::loss, 3), number);
  EXPECT_NE(Chance(1, 2).number(Of::corrupt, 3), number);
  EXPECT_NE(Chance(1, 2).number(Of::loss, 4), number);
}

// Of 100,000 shares some 10,000 are in each tenth; 4 standard deviations are 380.
TEST(Chance, IsEven) {
  const Chance chance(7, 0);
  std::vector<int> tenths(10);
  for (std::uint64_t ordinal = 1; ordinal <= 100'000; ++ordinal) {
    const double share = chance.share(Of::loss, ordinal);
    ASSERT_GE(share, 0);
    ASSERT_LT(share, 1);
    ++tenths[static_cast<std::size_t>(share * 10)];
  }
  for (const int count : tenths) EXPECT_NEAR(count, 10'000, 380);
}

}  // namespace
}  // namespace netlab
