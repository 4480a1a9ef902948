#include "command/shared/transfer_options.h"

#include <gtest/gtest.h>

#include "protocol/transfer/remediable_error.h"
#include "support/thrown.h"

namespace netlab {
namespace {

TEST(WithHint, NamesTheOptionThatIsTheRemedy) {
  EXPECT_EQ(with_hint(RemediableError("it differs", Remedy::restart), "fetches"),
            "it differs; --restart fetches the whole file");
  EXPECT_EQ(with_hint(RemediableError("a: Is a directory", Remedy::recursive), "sends"),
            "a: Is a directory (--recursive sends it)");
}

TEST(WithHint, LeavesOtherErrorsAlone) {
  EXPECT_EQ(with_hint(ProtocolError("no such file"), "fetches"), "no such file");
}

TEST(CheckDistinct, AcceptsPathsWithDifferentNames) {
  EXPECT_EQ(thrown_by([] { TransferOptions::check_distinct({}); }), "");
  EXPECT_EQ(thrown_by([] { TransferOptions::check_distinct({"a/x", "a/y", "x.txt"}); }), "");
}

TEST(CheckDistinct, RejectsPathsThatWouldBecomeTheSameFile) {
  EXPECT_EQ(thrown_by([] {
              TransferOptions::check_distinct({"a/x", "y", "b/x"});
            }),
            "'a/x' and 'b/x' would both become x");
  EXPECT_EQ(thrown_by([] {
              TransferOptions::check_distinct({"x", "x/"});
            }),
            "'x' and 'x/' would both become x");
}

// The contents of these directories are sent, not the directories.
TEST(CheckDistinct, IgnoresPathsWithoutAName) {
  EXPECT_EQ(thrown_by([] { TransferOptions::check_distinct({".", "..", "a/..", "/"}); }), "");
}

}  // namespace
}  // namespace netlab
