#include "impair/decisions.h"

#include <gtest/gtest.h>

namespace netlab {
namespace {

// Values of an independent implementation: a seed gives the same decisions in every version.
TEST(Decisions, AreStableAcrossVersions) {
  EXPECT_EQ(Decisions(0, 0).number(Decisions::Kind::loss, 1), 0x2270b27359def8db);
  EXPECT_EQ(Decisions(42, 3).number(Decisions::Kind::reorder, 1'000'000), 0x0921c03e3ac79b9c);
  constexpr std::uint64_t max = ~std::uint64_t{0};
  EXPECT_EQ(Decisions(max, max).number(Decisions::Kind::jitter, max), 0xd92f2b0b9f559f15);
}

TEST(Decisions, DependOnSeedStreamKindAndOrdinal) {
  const std::uint64_t number = Decisions(1, 2).number(Decisions::Kind::loss, 3);
  EXPECT_EQ(Decisions(1, 2).number(Decisions::Kind::loss, 3), number);
  EXPECT_NE(Decisions(2, 2).number(Decisions::Kind::loss, 3), number);
  EXPECT_NE(Decisions(1, 3).number(Decisions::Kind::loss, 3), number);
  EXPECT_NE(Decisions(1, 2).number(Decisions::Kind::corrupt, 3), number);
  EXPECT_NE(Decisions(1, 2).number(Decisions::Kind::loss, 4), number);
}

// Each tenth holds about 10,000 of 100,000 shares; 380 is 4 standard deviations.
TEST(Decisions, AreUniformlyDistributed) {
  const Decisions decisions(7, 0);
  std::vector<int> tenths(10);
  for (std::uint64_t ordinal = 1; ordinal <= 100'000; ++ordinal) {
    const double share = decisions.share(Decisions::Kind::loss, ordinal);
    ASSERT_GE(share, 0);
    ASSERT_LT(share, 1);
    ++tenths[static_cast<std::size_t>(share * 10)];
  }
  for (const int count : tenths) EXPECT_NEAR(count, 10'000, 380);
}

}  // namespace
}  // namespace netlab
