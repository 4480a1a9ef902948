#include "transport/reliable/wire/ranges.h"

#include <gtest/gtest.h>

#include <set>

#include "support/seed.h"

namespace netlab::reliable {
namespace {

std::string text(const Ranges& ranges) {
  std::string text;
  for (const Range& range : ranges.ranges())
    text += "[" + std::to_string(range.first) + "," + std::to_string(range.end) + ")";
  return text;
}

TEST(Ranges, MergesAdjacentRanges) {
  Ranges ranges;
  EXPECT_EQ(ranges.add({10, 20}), 10u);
  EXPECT_EQ(ranges.add({30, 40}), 10u);
  EXPECT_EQ(ranges.add({0, 5}), 5u);
  EXPECT_EQ(text(ranges), "[0,5)[10,20)[30,40)");
  EXPECT_EQ(ranges.add({20, 30}), 10u);
  EXPECT_EQ(text(ranges), "[0,5)[10,40)");
  EXPECT_EQ(ranges.add({4, 12}), 5u);
  EXPECT_EQ(text(ranges), "[0,40)");
  EXPECT_EQ(ranges.add({7, 9}), 0u);
}

TEST(Ranges, TakesTheLowestFirst) {
  Ranges ranges;
  ranges.add({10, 20});
  ranges.add({30, 40});
  EXPECT_EQ(ranges.take_first(4), (Range{10, 14}));
  EXPECT_EQ(ranges.take_first(100), (Range{14, 20}));
  EXPECT_EQ(text(ranges), "[30,40)");
}

TEST(Ranges, RemovesTheLowest) {
  Ranges ranges;
  for (std::uint64_t i = 0; i < 10; ++i) ranges.add({10 * i, 10 * i + 5});
  ranges.remove_below(13);
  ranges.keep_highest(3);
  EXPECT_EQ(text(ranges), "[70,75)[80,85)[90,95)");
  ranges.remove_below(82);
  EXPECT_EQ(text(ranges), "[82,85)[90,95)");
  ranges.remove_below(90);
  EXPECT_EQ(text(ranges), "[90,95)");
}

TEST(Ranges, BehaveLikeASet) {
  auto rng = seeded_chance();
  for (int round = 0; round < 200; ++round) {
    Ranges ranges;
    std::set<std::uint64_t> numbers;
    for (int i = 0; i < 30; ++i) {
      const std::uint64_t first = below(rng, 100);
      const Range range{first, first + below(rng, 20)};
      std::uint64_t fresh = 0;
      for (std::uint64_t n = range.first; n < range.end; ++n) fresh += numbers.insert(n).second;
      EXPECT_EQ(ranges.add(range), fresh);
    }
    for (std::uint64_t n = 0; n < 130; ++n) EXPECT_EQ(ranges.contains(n), numbers.contains(n)) << n;
    const auto sorted = ranges.ranges();
    for (std::size_t i = 1; i < sorted.size(); ++i) EXPECT_LT(sorted[i - 1].end, sorted[i].first);
  }
}

}  // namespace
}  // namespace netlab::reliable
