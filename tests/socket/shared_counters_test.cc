#include "socket/shared_counters.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace netlab {
namespace {

TEST(SharedCounters, StartAtZero) {
  const SharedCounters counters(10'000);
  EXPECT_EQ(counters.size(), 10'000u);
  EXPECT_EQ(counters[0], 0u);
  EXPECT_EQ(counters[9'999], 0u);
}

TEST(SharedCounters, AreSharedWithForkedProcesses) {
  const SharedCounters counters(2);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    counters[1] += 5;
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(counters[0], 0u);
  EXPECT_EQ(counters[1], 5u);
}

}  // namespace
}  // namespace netlab
