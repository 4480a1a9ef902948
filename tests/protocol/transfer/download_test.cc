// Successful downloads in each mode and on each wire.
#include "protocol/transfer/download.h"

#include <gtest/gtest.h>

#include "support/captured.h"
#include "support/download_fixture.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;

TEST_F(DownloadTest, FetchesANewFile) {
  const auto outcome = run();
  EXPECT_TRUE(holds("notes.bin", content_));
  EXPECT_EQ(outcome.destination, got_.path("notes.bin"));
  EXPECT_EQ(outcome.from, 0u);
  EXPECT_EQ(outcome.received, size);
  EXPECT_EQ(outcome.compared, 0u);
  EXPECT_FALSE(outcome.was_complete);
}

TEST_F(DownloadTest, FinalNameAppearsOnlyWhenComplete) {
  std::vector<std::uint64_t> steps;
  std::uint64_t moved = 0;
  context_.progress = [&](const TransferProgress& now) {
    EXPECT_FALSE(got_.has("notes.bin"));
    EXPECT_TRUE(got_.has("notes.bin.part"));
    EXPECT_TRUE(got_.has("notes.bin.part.state"));
    EXPECT_EQ(now.size, size);
    steps.push_back(now.done);
    moved += now.moved;
  };
  run();
  EXPECT_EQ(moved, size);
  ASSERT_GT(steps.size(), 1u);
  EXPECT_TRUE(std::ranges::is_sorted(steps));
  EXPECT_EQ(steps.back(), size);
  EXPECT_FALSE(got_.has("notes.bin.part"));
  EXPECT_FALSE(got_.has("notes.bin.part.state"));
}

TEST_F(DownloadTest, FetchesAnEmptyFile) {
  files_.put("notes.bin", "");
  EXPECT_EQ(run().received, 0u);
  EXPECT_TRUE(got_.has("notes.bin"));
}

TEST_F(DownloadTest, ResumesAnInterruptedDownload) {
  break_off(Mode::automatic, 100'000);
  EXPECT_FALSE(got_.has("notes.bin"));
  const std::string kept = got_.read("notes.bin.part");
  EXPECT_GT(kept.size(), overlap);
  EXPECT_TRUE(same(kept, first(kept.size())));
  const auto outcome = run(Mode::resume);
  EXPECT_TRUE(holds("notes.bin", content_));
  EXPECT_EQ(outcome.from, kept.size());
  EXPECT_EQ(outcome.received, size - kept.size());
  EXPECT_EQ(outcome.compared, kept.size());
}

TEST_F(DownloadTest, ResumesRepeatedly) {
  for (int i = 0; i < 4; ++i) break_off(Mode::automatic, 50'000);
  run();
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadTest, ResumesAFileMadeByOtherMeans) {
  got_.write("notes.bin", first(1000));
  const auto outcome = run();
  EXPECT_TRUE(holds("notes.bin", content_));
  EXPECT_EQ(outcome.from, 1000u);
  EXPECT_EQ(outcome.compared, 1000u);
}

TEST_F(DownloadTest, ResumesAnEmptyFile) {
  got_.write("notes.bin", "");
  const auto outcome = run(Mode::resume);
  EXPECT_TRUE(holds("notes.bin", content_));
  EXPECT_FALSE(outcome.was_complete);
}

TEST_F(DownloadTest, ResumeWithoutAFileFetchesAll) {
  EXPECT_EQ(run(Mode::resume).received, size);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadTest, ReportsAFileThatWasComplete) {
  run();
  const auto outcome = run();
  EXPECT_TRUE(outcome.was_complete);
  EXPECT_EQ(outcome.received, 0u);
  EXPECT_EQ(outcome.compared, size);  // all of it, because it could be another file of that name
  EXPECT_TRUE(holds("notes.bin", content_));
  EXPECT_EQ(run(Mode::resume).compared, size);
}

TEST_F(DownloadTest, RestartReplacesTheFile) {
  got_.write("notes.bin", std::string(2 * size, 'x'));
  EXPECT_EQ(run(Mode::restart).received, size);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadTest, RestartReplacesThePart) {
  got_.write("notes.bin.part", std::string(2 * size, 'x'));
  got_.write("notes.bin.part.state", "netlab partial 1\ntag a-b-c\n");
  run(Mode::restart);
  EXPECT_TRUE(holds("notes.bin", content_));
}

// A killed process leaves the .part of a small file without a .state.
TEST_F(DownloadTest, RestartReplacesAMatchingPartWithoutState) {
  got_.write("notes.bin.part", first(1000));
  EXPECT_EQ(run(Mode::restart).received, size);
  EXPECT_TRUE(holds("notes.bin", content_));
  EXPECT_FALSE(got_.has("notes.bin.part"));
  EXPECT_FALSE(got_.has("notes.bin.part.state"));
}

TEST_F(DownloadTest, OffsetWritesAtTheOffset) {
  got_.write("notes.bin", std::string(1000, 'x'));
  const auto outcome = run(Mode::offset, 400);
  EXPECT_EQ(outcome.from, 400u);
  EXPECT_EQ(outcome.received, size - 400);
  EXPECT_TRUE(holds("notes.bin", std::string(400, 'x').append(content_.substr(400))));
}

TEST_F(DownloadTest, OffsetAppendsAtTheEnd) {
  got_.write("notes.bin", first(1000));
  run(Mode::offset, 1000);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadTest, OffsetZeroFetchesTheWholeFile) {
  got_.write("notes.bin", "old");
  run(Mode::offset);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadTest, OffsetAtTheEndFetchesNothing) {
  got_.write("notes.bin", content_);
  EXPECT_EQ(run(Mode::offset, size).received, 0u);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadTest, WritesToStandardOutput) {
  Captured output(STDOUT_FILENO);
  const auto outcome = run({}, {.destination = "-"});
  EXPECT_TRUE(same(output.text(), content_));
  EXPECT_EQ(outcome.received, size);
}

TEST_F(DownloadTest, WritesToStandardOutputFromAnOffset) {
  Captured output(STDOUT_FILENO);
  const auto outcome = run({.mode = Mode::offset, .offset = size - 10}, {.destination = "-"});
  EXPECT_EQ(output.text(), content_.substr(size - 10));
  EXPECT_EQ(outcome.from, size - 10);
}

TEST_F(DownloadTest, WritesDirectlyToADevice) {
  EXPECT_EQ(run({}, {.destination = "/dev/null"}).received, size);
  EXPECT_EQ(run({.mode = Mode::restart}, {.destination = "/dev/null"}).received, size);
  EXPECT_FALSE(fs::exists("/dev/null.part"));
}

TEST_F(DownloadTest, StoresUnderItsOwnNameInADirectory) {
  EXPECT_EQ(run({}, {.destination = got_.path()}).destination, got_.path() + "/notes.bin");
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadTest, DefaultsToTheCurrentDirectory) {
  const fs::path before = fs::current_path();
  fs::current_path(got_.path());
  fs::create_directory(files_.directory.path("served/sub"));
  files_.put("sub/inner.txt", "inner");
  EXPECT_EQ(run({}, {.destination = "", .name = "sub/inner.txt"}, "sub/inner.txt").destination,
            "inner.txt");
  fs::current_path(before);
  EXPECT_EQ(got_.read("inner.txt"), "inner");
}

TEST_F(DownloadTest, FollowsTheUsersLink) {
  got_.write("elsewhere", first(1000));
  fs::create_symlink("elsewhere", got_.path("notes.bin"));
  run(Mode::resume);
  EXPECT_TRUE(holds("elsewhere", content_));
  EXPECT_TRUE(fs::is_symlink(got_.path("notes.bin")));
}

// The attempts of one download share a checkpoint.
class CheckpointTest : public DownloadTest {
 protected:
  DownloadOutcome attempt(Checkpoint& checkpoint, std::uint64_t after = 2 * size) {
    const auto remote = lab_file(
        [&] { return std::make_unique<TruncatedStream>(files_.connect(), after); }, "notes.bin");
    return download({.destination = destination_}, checkpoint, *remote, context_);
  }

  std::string destination_ = got_.path("notes.bin");
};

TEST_F(CheckpointTest, CountsTheBytesOfAllAttempts) {
  got_.write("notes.bin", std::string(2 * size, 'x'));
  Checkpoint checkpoint{.mode = Mode::restart};
  EXPECT_THROW(attempt(checkpoint, 100'000), ConnectionEnded);
  EXPECT_EQ(checkpoint.received, got_.read("notes.bin.part").size());
  const auto outcome = attempt(checkpoint);
  EXPECT_EQ(outcome.from, 0u);
  EXPECT_EQ(outcome.received, size);
  EXPECT_GT(outcome.compared, 0u);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(CheckpointTest, WritesEachByteToStandardOutputOnce) {
  destination_ = "-";
  Captured output(STDOUT_FILENO);
  Checkpoint checkpoint;
  EXPECT_THROW(attempt(checkpoint, 100'000), ConnectionEnded);
  EXPECT_EQ(attempt(checkpoint).received, size);
  EXPECT_TRUE(same(output.text(), content_));
}

TEST_F(CheckpointTest, RejectsAChangedFileOnceBytesAreWritten) {
  destination_ = "-";
  Captured output(STDOUT_FILENO);
  Checkpoint checkpoint;
  EXPECT_THROW(attempt(checkpoint, 100'000), ConnectionEnded);
  touch();
  EXPECT_EQ(thrown_by<ProtocolError>([&] { attempt(checkpoint); }), "notes.bin: file has changed");
}

class SheetDownloadTest : public DownloadTest {};

TEST_F(SheetDownloadTest, FetchesTheWholeFile) {
  EXPECT_EQ(run_on_sheet(Mode::automatic).received, size);
  EXPECT_TRUE(holds("notes.bin", content_));
  EXPECT_FALSE(got_.has("notes.bin.part"));
}

TEST_F(SheetDownloadTest, ResumesAnInterruptedDownload) {
  got_.write("notes.bin.part", first(100'000));
  const auto outcome = run_on_sheet(Mode::resume);
  EXPECT_EQ(outcome.from, 100'000u);
  EXPECT_EQ(outcome.compared, overlap);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(SheetDownloadTest, WritesAtAnOffset) {
  got_.write("notes.bin", first(1000));
  run_on_sheet(Mode::offset, 1000);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(SheetDownloadTest, ReportsAFileThatWasComplete) {
  got_.write("notes.bin", content_);
  EXPECT_TRUE(run_on_sheet(Mode::automatic).was_complete);
}

TEST_F(SheetDownloadTest, StoresUnderTheGivenName) {
  const auto outcome =
      run_on_sheet({}, {.destination = got_.path(), .name = "destination_file.txt"});
  EXPECT_EQ(outcome.destination, got_.path("destination_file.txt"));
  EXPECT_TRUE(holds("destination_file.txt", content_));
}

}  // namespace
}  // namespace netlab
