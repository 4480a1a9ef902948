#include "cli/spelling.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace netlab
