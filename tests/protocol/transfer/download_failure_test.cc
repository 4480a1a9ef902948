// Downloads that fail: each reports why and loses nothing.
#include <gtest/gtest.h>

#include "protocol/lab/remote_file.h"
#include "protocol/transfer/remediable_error.h"
#include "support/download_fixture.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class DownloadFailureTest : public DownloadTest {
 protected:
  std::string error_from(Mode mode, std::uint64_t offset = 0) {
    return thrown_by<ProtocolError>([&] { run(mode, offset); });
  }
  // The message of an error whose remedy is a restart.
  std::string restart_error_from(Mode mode) {
    return thrown_by<RemediableError>([&] { run(mode); });
  }
  std::string part() const { return got_.path("notes.bin.part"); }
};

TEST_F(DownloadFailureTest, ResumeRejectsAPartThatDiffersFromTheRemoteFile) {
  std::string wrong(first(100'000));
  wrong[0] ^= 1;
  got_.write("notes.bin.part", wrong);
  EXPECT_EQ(error_from(Mode::resume),
            part() +
                " is not the beginning of the remote file: it differs from the start; "
                "move it away to fetch the whole file");
  EXPECT_TRUE(holds("notes.bin.part", wrong));
}

TEST_F(DownloadFailureTest, RestartDoesNotReplaceAForeignPart) {
  for (const std::string& mine : {std::string("mine"), content_ + "and more"}) {
    got_.write("notes.bin.part", mine);
    EXPECT_EQ(error_of([&] { run(Mode::restart); }), EEXIST);
    EXPECT_TRUE(holds("notes.bin.part", mine));
  }
}

TEST_F(DownloadFailureTest, RejectsADamagedFileUnderTheFinalName) {
  std::string wrong(first(100'000));
  wrong[overlap] ^= 1;
  got_.write("notes.bin", wrong);
  EXPECT_EQ(restart_error_from(Mode::automatic),
            got_.path("notes.bin") +
                " is not the beginning of the remote file: it differs after byte 65536");
  EXPECT_TRUE(holds("notes.bin", wrong));
}

TEST_F(DownloadFailureTest, RejectsAForeignFileUnderTheFinalName) {
  got_.write("notes.bin", "something else");
  EXPECT_EQ(restart_error_from(Mode::automatic),
            got_.path("notes.bin") +
                " is not the beginning of the remote file: it differs from the start");
  EXPECT_EQ(got_.read("notes.bin"), "something else");
}

// Two versions with the same tail, e.g. disk images that end with zeros.
TEST_F(DownloadFailureTest, RejectsAnotherVersionWithTheSameTail) {
  std::string other(first(2 * overlap));
  other[0] ^= 1;
  got_.write("notes.bin", other);
  EXPECT_EQ(restart_error_from(Mode::automatic),
            got_.path("notes.bin") +
                " is not the beginning of the remote file: it differs from the start");
  EXPECT_TRUE(holds("notes.bin", other));
}

TEST_F(DownloadFailureTest, FailedRestartOnTheSheetWireKeepsTheFile) {
  got_.write("notes.bin", "hello");
  std::filesystem::remove(files_.directory.path("served/notes.bin"));
  EXPECT_EQ(thrown_by<ProtocolError>([&] { run_on_sheet(Mode::restart); }),
            "the server sent no bytes: " + got_.path("notes.bin") + " is unchanged");
  EXPECT_EQ(got_.read("notes.bin"), "hello");
}

TEST_F(DownloadFailureTest, ResumeRejectsAChangedRemoteFile) {
  break_off(Mode::automatic, 100'000);
  const std::string kept = got_.read("notes.bin.part");
  std::string other = content_;
  other[kept.size() - 1] ^= 1;
  files_.put("notes.bin", other);
  EXPECT_EQ(restart_error_from(Mode::resume),
            "notes.bin has changed since " + part() + " was started");
  EXPECT_TRUE(holds("notes.bin.part", kept));
}

TEST_F(DownloadFailureTest, DoesNotTruncateALongerLocalFile) {
  got_.write("notes.bin", content_ + "and more");
  EXPECT_EQ(restart_error_from(Mode::resume),
            got_.path("notes.bin") + " has 300008 bytes, but notes.bin has only 300000");
  EXPECT_TRUE(holds("notes.bin", content_ + "and more"));
}

TEST_F(DownloadFailureTest, DoesNotTruncateALongerLocalFileOnTheSheetWire) {
  got_.write("notes.bin", content_ + "and more");
  EXPECT_EQ(
      thrown_by<RemediableError>([&] { run_on_sheet(Mode::resume); }),
      "the remote file is shorter than " + got_.path("notes.bin") + ", which has 300008 bytes");
  EXPECT_TRUE(holds("notes.bin", content_ + "and more"));
}

TEST_F(DownloadFailureTest, FailsWhenTheFileChangesWhileSent) {
  context_.progress = [&](const TransferProgress& now) {
    if (now.done == size) touch();
  };
  EXPECT_EQ(restart_error_from(Mode::automatic), "notes.bin changed while being sent");
  EXPECT_FALSE(got_.has("notes.bin"));
  EXPECT_EQ(got_.read("notes.bin.part").size(), size);
}

TEST_F(DownloadFailureTest, KeepsThePartWhenTheServerEndsEarly) {
  context_.progress = [&](const TransferProgress&) {
    fs::resize_file(files_.directory.path("served/notes.bin"), 1000);
  };
  const std::string why = error_from(Mode::automatic);
  const std::string kept = got_.read("notes.bin.part");
  EXPECT_EQ(why, "the server closed the connection after " + std::to_string(kept.size()) +
                     " of 300000 bytes");
  EXPECT_TRUE(same(kept, first(kept.size())));
}

// One byte before each timeout does not keep the download alive forever.
TEST_F(DownloadFailureTest, TimesOutATricklingServer) {
  const auto stream = std::make_shared<std::unique_ptr<ScriptedStream>>(
      std::make_unique<ScriptedStream>(files_.network));
  (*stream)->says("OK 300000 0 a-b-c notes.bin\n").says_bytewise(first(1000), 8s);
  const auto remote =
      lab_file([&]() -> std::unique_ptr<Stream> { return std::move(*stream); }, "notes.bin");
  EXPECT_EQ(error_of([&] { run_with(*remote, {}, request()); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 100s);
  EXPECT_TRUE(holds("notes.bin.part", first(12)));
}

TEST_F(DownloadFailureTest, RejectsADanglingLinkBeforeTheFirstByte) {
  fs::create_symlink("nothing", got_.path("notes.bin"));
  EXPECT_EQ(error_of([&] { run(); }), ENOENT);
  EXPECT_FALSE(got_.has("notes.bin.part"));
}

TEST_F(DownloadFailureTest, RestartKeepsTheOldFileUntilTheNewOneIsComplete) {
  got_.write("notes.bin", "the old file");
  break_off(Mode::restart, 100'000);
  EXPECT_EQ(got_.read("notes.bin"), "the old file");
  run(Mode::restart);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadFailureTest, ResumeFinishesAnInterruptedRestart) {
  got_.write("notes.bin", "the old file");
  break_off(Mode::restart, 100'000);
  EXPECT_EQ(thrown_by([&] { run(Mode::resume); }), "");
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadFailureTest, RejectsAnOffsetThatLeavesAHole) {
  got_.write("notes.bin", first(1000));
  EXPECT_EQ(error_from(Mode::offset, 1001),
            got_.path("notes.bin") + " has 1000 bytes: writing at offset 1001 would leave a hole");
  EXPECT_TRUE(holds("notes.bin", first(1000)));
}

TEST_F(DownloadFailureTest, ServerRejectsAnOffsetBeyondTheEnd) {
  got_.write("notes.bin", content_ + "x");
  EXPECT_EQ(error_from(Mode::offset, size + 1),
            "notes.bin: offset 300001 is beyond the end of file (300000 bytes)");
  EXPECT_TRUE(holds("notes.bin", content_ + "x"));
}

TEST_F(DownloadFailureTest, CreatesNothingBeforeTheServerAccepts) {
  EXPECT_EQ(thrown_by<ProtocolError>([&] { run({.mode = Mode::restart}, request(), "absent"); }),
            "absent: No such file or directory");
  EXPECT_TRUE(fs::is_empty(got_.path()));
}

TEST_F(DownloadFailureTest, RejectsResumingADevice) {
  for (const char* destination : {"/dev/null", "-"})
    EXPECT_EQ(error_of([&] { run({.mode = Mode::resume}, {.destination = destination}); }), ESPIPE);
}

TEST_F(DownloadFailureTest, NamesTheDeviceThatIsFull) {
  EXPECT_EQ(thrown_by<SystemError>([&] { run({}, {.destination = "/dev/full"}); }),
            "write /dev/full: No space left on device");
}

TEST_F(DownloadFailureTest, RejectsASecondDownloadOfTheSameFile) {
  std::vector<int> errors;
  context_.progress = [&](const TransferProgress&) {
    TransferContext second{.network = files_.network};
    const auto remote = lab_file([this] { return files_.connect(); }, "notes.bin");
    for (const Mode mode : {Mode::automatic, Mode::restart}) {
      Checkpoint checkpoint{.mode = mode};
      errors.push_back(error_of([&] { download(request(), checkpoint, *remote, second); }));
    }
  };
  run();
  ASSERT_FALSE(errors.empty());
  for (const int error : errors) EXPECT_EQ(error, EWOULDBLOCK);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadFailureTest, TimesOutASilentServerAfterTenSeconds) {
  const auto remote = lab_file(
      [&] {
        auto stream = std::make_unique<ScriptedStream>(files_.network);
        stream->is_silent();
        return stream;
      },
      "notes.bin");
  EXPECT_EQ(error_of([&] { run_with(*remote, {}, request()); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 10s);
}

TEST_F(DownloadFailureTest, KeepsThePartWhenTheServerFallsSilent) {
  const auto remote = lab_file(
      [&] {
        auto stream = std::make_unique<ScriptedStream>(files_.network);
        stream->says("OK 10 0 t notes.bin\n").says("hello").is_silent();
        return stream;
      },
      "notes.bin");
  EXPECT_EQ(error_of([&] { run_with(*remote, {.mode = Mode::restart}, request()); }), ETIMEDOUT);
  EXPECT_EQ(got_.read("notes.bin.part"), "hello");
}

TEST_F(DownloadFailureTest, WaitsForASlowServer) {
  const auto remote = lab_file(
      [&] {
        auto stream = std::make_unique<ScriptedStream>(files_.network);
        stream->says("OK 5 0 t notes.bin\n").says_bytewise("hello", 9s);
        stream->says("OK 5 0 t notes.bin\n");
        return stream;
      },
      "notes.bin");
  run_with(*remote, {.mode = Mode::restart}, request());
  EXPECT_EQ(got_.read("notes.bin"), "hello");
}

TEST_F(DownloadFailureTest, ReadsNoMoreThanTheAnnouncedSize) {
  const std::string ok = "OK 5 0 t notes.bin\n";
  run_against({ok + "hello" + ok}, {.mode = Mode::restart}, request(), "notes.bin");
  EXPECT_EQ(got_.read("notes.bin"), "hello");
}

TEST_F(DownloadFailureTest, ServerCannotChooseTheDirectory) {
  const std::string ok = "OK 5 0 t ../../evil\n";
  const auto outcome = run_against({ok, ok + "hello", ok}, {}, {.destination = got_.path()}, "");
  EXPECT_EQ(outcome.destination, got_.path() + "/evil");
  EXPECT_TRUE(got_.has("evil"));
}

// A request for notes.bin must not create .bashrc.
TEST_F(DownloadFailureTest, StoresUnderTheRequestedName) {
  const std::string ok = "OK 5 0 t .bashrc\n";
  run_against({ok + "hello", ok}, {}, {.destination = got_.path(), .name = "notes.bin"},
              "notes.bin");
  EXPECT_FALSE(got_.has(".bashrc"));
  EXPECT_TRUE(holds("notes.bin", "hello"));
}

}  // namespace
}  // namespace netlab
