#include "cli/spelling.h"

#include <gtest/gtest.h>

#include "cli/progress.h"

namespace netlab {
namespace {

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("serve", "serve"), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("srve", "serve"), 1u);    // inserted
  EXPECT_EQ(edit_distance("servve", "serve"), 1u);  // deleted
  EXPECT_EQ(edit_distance("sarve", "serve"), 1u);   // replaced
  EXPECT_EQ(edit_distance("esrve", "serve"), 1u);   // swapped
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // a swapped pair is not edited again
}

TEST(EditDistance, IsSymmetric) {
  for (const char* one : {"serve", "send", "--port", ""})
    for (const char* other : {"srev", "dens", "--prot", "x"})
      EXPECT_EQ(edit_distance(one, other), edit_distance(other, one));
}

TEST(Suggestion, PicksTheNearestWord) {
  EXPECT_EQ(suggestion("srve", {"send", "serve"}), "serve");
  EXPECT_EQ(suggestion("snd", {"send", "serve"}), "send");
  EXPECT_EQ(suggestion("--ofset", {"--output", "--offset"}), "--offset");
}

TEST(Suggestion, CompletesALongEnoughPrefix) {
  EXPECT_EQ(suggestion("comp", {"demo", "completion"}), "completion");
  EXPECT_EQ(suggestion("co", {"demo", "completion"}), "");
}

TEST(Suggestion, IsEmptyWhenNothingIsNear) {
  EXPECT_EQ(suggestion("xyzzy", {"send", "serve"}), "");
  EXPECT_EQ(suggestion("ab", {"cd"}), "");
  EXPECT_EQ(suggestion("serve", {}), "");
}

TEST(SizeText, UsesBinaryUnits) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1023), "1023 bytes");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(64 * 1024 * 1024), "64.0 MiB");
  EXPECT_EQ(size_text(std::uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(size_text(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

// 1,048,575 bytes are "1.0 MiB" and not "1024.0 KiB".
TEST(SizeText, NeverRoundsUpTo1024) {
  EXPECT_EQ(size_text((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(size_text((1 << 30) - 1), "1.0 GiB");
}

}  // namespace
}  // namespace netlab
