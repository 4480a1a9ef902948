#include "trace/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/captured.h"

namespace netlab {
namespace {

TEST(Log, ShowsWarningsButNotNotes) {
  static const bool started =
      (log::start(log::Level::normal), true);  // may be called only once per process
  ASSERT_TRUE(started);
  Captured errors(STDERR_FILENO);
  log::warning("accept: {}; retrying", "Too many open files");
  log::note("not shown");
  EXPECT_EQ(errors.text(), "netlab: accept: Too many open files; retrying\n");
}

}  // namespace
}  // namespace netlab
