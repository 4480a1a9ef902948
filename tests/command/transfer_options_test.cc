#include "command/shared/transfer_options.h"

#include <gtest/gtest.h>

#include "protocol/transfer/remediable_error.h"

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

}  // namespace
}  // namespace netlab
