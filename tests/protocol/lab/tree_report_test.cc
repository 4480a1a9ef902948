#include "protocol/lab/tree_report.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "support/virtual_network.h"

namespace netlab {
namespace {

class TreeReportTest : public testing::Test {
 protected:
  TreeReportTest() {
    context_.progress = [this](const TransferProgress& now) { last_ = now; };
    events_.transferred = [this](const std::string& path, std::uint64_t bytes) {
      files_.push_back(path + " " + std::to_string(bytes));
    };
    events_.failed = [this](const std::exception& error) { errors_.emplace_back(error.what()); };
  }

  void expect_progress(std::uint64_t moved, std::uint64_t done, std::uint64_t size) const {
    EXPECT_EQ(last_.moved, moved);
    EXPECT_EQ(last_.done, done);
    EXPECT_EQ(last_.size, size);
  }

  VirtualNetwork network_;
  TransferContext context_{.network = network_};
  TreeEvents events_;
  TreeCheckpoint checkpoint_{false};
  TransferProgress last_;
  std::vector<std::string> files_;
  std::vector<std::string> errors_;
};

TEST_F(TreeReportTest, AddsTheBytesOfAllFiles) {
  TreeReport report(events_, checkpoint_, context_);
  report.expect(100);
  report.advance(30);
  expect_progress(30, 30, 100);
  report.advance(70);
  expect_progress(70, 100, 100);
  EXPECT_EQ(report.total().bytes, 100u);
}

TEST_F(TreeReportTest, AddsTheProgressOfOneFile) {
  TreeReport report(events_, checkpoint_, context_);
  report.expect(100);
  report.advance(10);
  const TransferContext file = report.context_of("a");
  file.progress({.done = 40, .size = 90});  // 40 bytes are from an earlier run
  expect_progress(0, 10, 60);
  file.progress({.moved = 50, .done = 90, .size = 90});
  expect_progress(50, 60, 60);
  EXPECT_EQ(report.total().bytes, 60u);
}

TEST_F(TreeReportTest, GrowsWithAFileThatWasNotExpected) {
  TreeReport report(events_, checkpoint_, context_);
  const TransferContext file = report.context_of("a");
  file.progress({.done = 0, .size = 50});
  expect_progress(0, 0, 50);
}

TEST_F(TreeReportTest, ReportsEachFile) {
  TreeReport report(events_, checkpoint_, context_);
  report.transferred("a", 5);
  report.complete("b");
  report.skip();
  report.fail(ProtocolError("c failed"));
  report.fail_busy(ProtocolError("d is busy"));
  EXPECT_EQ(files_, std::vector<std::string>{"a 5"});
  EXPECT_EQ(errors_, (std::vector<std::string>{"c failed", "d is busy"}));
  const TransferSummary total = report.total();
  EXPECT_EQ(total.files, 1u);
  EXPECT_EQ(total.complete, 1u);
  EXPECT_EQ(total.skipped, 1u);
  EXPECT_EQ(total.failed, 1u);
  EXPECT_EQ(total.busy, 1u);
}

// The second attempt finds the file of the first one complete, and fails no more.
TEST_F(TreeReportTest, CountsEachFileOfSeveralAttemptsOnce) {
  TreeReport first(events_, checkpoint_, context_);
  first.advance(5);
  first.transferred("a", 5);
  first.fail_busy(ProtocolError("b is busy"));
  TreeReport second(events_, checkpoint_, context_);
  second.complete("a");
  second.complete("already there");
  second.advance(7);
  second.transferred("b", 7);
  const TransferSummary total = second.total();
  EXPECT_EQ(total.files, 2u);
  EXPECT_EQ(total.bytes, 12u);
  EXPECT_EQ(total.complete, 1u);
  EXPECT_EQ(total.busy, 0u);
}

TEST_F(TreeReportTest, ARetryOfARestartResumes) {
  checkpoint_ = TreeCheckpoint(true);
  TreeReport report(events_, checkpoint_, context_);
  EXPECT_TRUE(checkpoint_.restarts("a"));
  report.context_of("a").progress({.done = 0, .size = 50});
  EXPECT_FALSE(checkpoint_.restarts("a"));
  EXPECT_FALSE(checkpoint_.may_be_complete("a"));
  report.transferred("a", 50);
  EXPECT_TRUE(checkpoint_.may_be_complete("a"));
  EXPECT_TRUE(checkpoint_.restarts("b"));
}

}  // namespace
}  // namespace netlab
