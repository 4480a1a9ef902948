// Downloads that go wrong: each says why and loses nothing.
#include <gtest/gtest.h>

#include "protocol/lab/remote_file.h"
#include "support/download_fixture.h"

namespace netlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class DownloadFailureTest : public DownloadTest {
 protected:
  std::string complaint(const Download& download) {
    return thrown_by<ProtocolError>([&] { run(download); });
  }
  std::string complaint(Mode mode) { return complaint(order(mode)); }
  std::string part() const { return got_.path("notes.bin.part"); }
};

TEST_F(DownloadFailureTest, AppendsNothingToWhatTheRemoteFileDoesNotBeginWith) {
  std::string wrong(first(100'000));
  wrong[0] ^= 1;
  got_.write("notes.bin.part", wrong);
  EXPECT_EQ(complaint(Mode::resume),
            part() +
                " is not the beginning of the remote file: it differs from its start; "
                "move it away to fetch the file anew");
  EXPECT_TRUE(holds("notes.bin.part", wrong));
}

TEST_F(DownloadFailureTest, BegunAnewReplacesNoPartOfSomethingElse) {
  for (const std::string& mine : {std::string("mine"), content_ + "and more"}) {
    got_.write("notes.bin.part", mine);
    EXPECT_EQ(error_of([&] { run(Mode::restart); }), EEXIST);
    EXPECT_TRUE(holds("notes.bin.part", mine));
  }
}

TEST_F(DownloadFailureTest, AppendsNothingToADamagedFileThatNobodySaidIsAPart) {
  std::string wrong(first(100'000));
  wrong[overlap] ^= 1;
  got_.write("notes.bin", wrong);
  EXPECT_EQ(complaint(Mode::automatic),
            got_.path("notes.bin") +
                " is not the beginning of the remote file: it differs behind byte 65536; "
                "--restart fetches it anew");
  EXPECT_TRUE(holds("notes.bin", wrong));
}

TEST_F(DownloadFailureTest, AppendsNothingToAForeignFileUnderTheFinalName) {
  got_.write("notes.bin", "something else");
  EXPECT_NE(complaint(Mode::automatic), "");
  EXPECT_EQ(got_.read("notes.bin"), "something else");
}

// Two versions with the same end, as of disk images that end with zeros.
TEST_F(DownloadFailureTest, AppendsNothingToAnotherVersionThatEndsAlike) {
  std::string other(first(2 * overlap));
  other[0] ^= 1;
  got_.write("notes.bin", other);
  EXPECT_NE(complaint(Mode::automatic), "");
  EXPECT_TRUE(holds("notes.bin", other));
}

TEST_F(DownloadFailureTest, KeepsAFileWhenTheSheetsWireRefusesARestart) {
  got_.write("notes.bin", "hello");
  std::filesystem::remove(files_.directory.path("served/notes.bin"));
  EXPECT_NE(thrown_by<ProtocolError>([&] { run_on_sheet(order(Mode::restart)); }), "");
  EXPECT_EQ(got_.read("notes.bin"), "hello");
}

TEST_F(DownloadFailureTest, AppendsNothingWhenTheFileHasChangedSince) {
  break_off(Mode::automatic, 100'000);
  const std::string kept = got_.read("notes.bin.part");
  std::string other = content_;
  other[kept.size() - 1] ^= 1;
  files_.put("notes.bin", other);
  EXPECT_EQ(complaint(Mode::resume),
            "notes.bin has changed since " + part() + " was begun; --restart fetches it anew");
  EXPECT_TRUE(holds("notes.bin.part", kept));
}

TEST_F(DownloadFailureTest, CutsNothingOffWhatIsLongerThanTheRemoteFile) {
  got_.write("notes.bin", content_ + "and more");
  EXPECT_EQ(complaint(Mode::resume),
            got_.path("notes.bin") +
                " has 300008 bytes, more than notes.bin with 300000; --restart fetches it anew");
  EXPECT_TRUE(holds("notes.bin", content_ + "and more"));
}

TEST_F(DownloadFailureTest, CutsNothingOffOnTheSheetsWireEither) {
  got_.write("notes.bin", content_ + "and more");
  EXPECT_EQ(thrown_by<ProtocolError>([&] { run_on_sheet(order(Mode::resume)); }),
            "the remote file ends before " + got_.path("notes.bin") +
                ", which has 300008 bytes; --restart fetches it anew");
  EXPECT_TRUE(holds("notes.bin", content_ + "and more"));
}

TEST_F(DownloadFailureTest, IsNotCompleteWhenTheFileChangedWhileItWasSent) {
  Download download = order(Mode::automatic);
  download.receiving.progress = [&](std::uint64_t done, std::uint64_t) {
    if (done == size) touch();
  };
  EXPECT_EQ(complaint(download),
            "notes.bin has changed while it was sent; --restart fetches it anew");
  EXPECT_FALSE(got_.has("notes.bin"));
  EXPECT_EQ(got_.read("notes.bin.part").size(), size);
}

TEST_F(DownloadFailureTest, KeepsWhatCameWhenTheServerEndsEarly) {
  Download download = order(Mode::automatic);
  download.receiving.progress = [&](std::uint64_t, std::uint64_t) {
    fs::resize_file(files_.directory.path("served/notes.bin"), 1000);
  };
  const std::string why = complaint(download);
  const std::string kept = got_.read("notes.bin.part");
  EXPECT_EQ(why, "the server ended the connection after " + std::to_string(kept.size()) +
                     " of 300000 bytes");
  EXPECT_TRUE(same(kept, first(kept.size())));
}

// A byte before each time-out does not keep it for ever.
TEST_F(DownloadFailureTest, EndsWithAServerThatOnlyTrickles) {
  const auto stream = std::make_shared<std::unique_ptr<ScriptedStream>>(
      std::make_unique<ScriptedStream>(files_.network));
  (*stream)->says("OK 300000 0 a-b-c notes.bin\n").says_bytewise(first(1000), 8s);
  const auto remote =
      lab_file([&]() -> std::unique_ptr<Stream> { return std::move(*stream); }, "notes.bin");
  EXPECT_EQ(error_of([&] { order(Mode::automatic).run(*remote, files_.network); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 100s);
  EXPECT_TRUE(holds("notes.bin.part", first(12)));
}

TEST_F(DownloadFailureTest, TellsALinkThatLeadsNowhereBeforeTheFirstByte) {
  fs::create_symlink("nothing", got_.path("notes.bin"));
  EXPECT_EQ(error_of([&] { run(); }), ENOENT);
  EXPECT_FALSE(got_.has("notes.bin.part"));
}

TEST_F(DownloadFailureTest, RestartKeepsTheOldFileUntilTheNewOneIsWhole) {
  got_.write("notes.bin", "the old file");
  break_off(Mode::restart, 100'000);
  EXPECT_EQ(got_.read("notes.bin"), "the old file");
  run(Mode::restart);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadFailureTest, ARestartThatBrokeOffIsFinishedByAResume) {
  got_.write("notes.bin", "the old file");
  break_off(Mode::restart, 100'000);
  EXPECT_EQ(thrown_by([&] { run(Mode::resume); }), "");
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadFailureTest, OffsetLeavesNoHole) {
  got_.write("notes.bin", first(1000));
  Download download = order(Mode::offset);
  download.offset = 1001;
  EXPECT_EQ(complaint(download), got_.path("notes.bin") +
                                     " has 1000 bytes: writing at 1001 would leave a hole (-o - "
                                     "writes to standard output)");
  EXPECT_TRUE(holds("notes.bin", first(1000)));
}

TEST_F(DownloadFailureTest, OffsetBeyondTheRemoteEndIsRefusedByTheServer) {
  got_.write("notes.bin", content_ + "x");
  Download download = order(Mode::offset);
  download.offset = size + 1;
  EXPECT_EQ(complaint(download), "notes.bin: offset 300001 is beyond its end at 300000");
  EXPECT_TRUE(holds("notes.bin", content_ + "x"));
}

TEST_F(DownloadFailureTest, MakesNothingBeforeTheServerHasAgreed) {
  EXPECT_EQ(thrown_by<ProtocolError>([&] { run(order(Mode::restart), "absent"); }),
            "absent: No such file or directory");
  EXPECT_TRUE(fs::is_empty(got_.path()));
}

TEST_F(DownloadFailureTest, ADeviceCannotBeResumed) {
  const Download download{.mode = Mode::resume, .destination = "/dev/null"};
  EXPECT_EQ(error_of([&] { run(download); }), ESPIPE);
  EXPECT_EQ(error_of([&] { run({.mode = Mode::resume, .destination = "-"}); }), ESPIPE);
}

TEST_F(DownloadFailureTest, NamesTheDeviceThatIsFull) {
  EXPECT_EQ(thrown_by<SystemError>([&] { run(Download{.destination = "/dev/full"}); }),
            "write /dev/full: No space left on device");
}

TEST_F(DownloadFailureTest, ASecondOneOfTheSameFileIsTurnedAway) {
  Download download = order(Mode::automatic);
  std::vector<int> errors;
  download.receiving.progress = [&](std::uint64_t, std::uint64_t) {
    errors.push_back(error_of([&] { run(Mode::automatic); }));
    errors.push_back(error_of([&] { run(Mode::restart); }));
  };
  run(download);
  ASSERT_FALSE(errors.empty());
  for (const int error : errors) EXPECT_EQ(error, EWOULDBLOCK);
  EXPECT_TRUE(holds("notes.bin", content_));
}

TEST_F(DownloadFailureTest, GivesASilentServerTenSeconds) {
  const auto remote = lab_file(
      [&] {
        auto stream = std::make_unique<ScriptedStream>(files_.network);
        stream->is_silent();
        return stream;
      },
      "notes.bin");
  EXPECT_EQ(error_of([&] { order(Mode::automatic).run(*remote, files_.network); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 10s);
}

TEST_F(DownloadFailureTest, KeepsWhatCameBeforeTheServerFellSilent) {
  const auto remote = lab_file(
      [&] {
        auto stream = std::make_unique<ScriptedStream>(files_.network);
        stream->says("OK 10 0 t notes.bin\n").says("hello").is_silent();
        return stream;
      },
      "notes.bin");
  EXPECT_EQ(error_of([&] { order(Mode::restart).run(*remote, files_.network); }), ETIMEDOUT);
  EXPECT_EQ(got_.read("notes.bin.part"), "hello");
}

TEST_F(DownloadFailureTest, IsPatientWithAServerThatIsSlow) {
  const auto remote = lab_file(
      [&] {
        auto stream = std::make_unique<ScriptedStream>(files_.network);
        stream->says("OK 5 0 t notes.bin\n").says_bytewise("hello", 9s);
        stream->says("OK 5 0 t notes.bin\n");
        return stream;
      },
      "notes.bin");
  order(Mode::restart).run(*remote, files_.network);
  EXPECT_EQ(got_.read("notes.bin"), "hello");
}

TEST_F(DownloadFailureTest, TakesNoMoreBytesThanWereAnnounced) {
  const std::string ok = "OK 5 0 t notes.bin\n";
  run_against({ok + "hello" + ok}, order(Mode::restart), "notes.bin");
  EXPECT_EQ(got_.read("notes.bin"), "hello");
}

TEST_F(DownloadFailureTest, AServerMayNotChooseTheFolder) {
  const std::string ok = "OK 5 0 t ../../evil\n";
  const auto outcome = run_against({ok, ok + "hello", ok}, {.destination = got_.path()}, "");
  EXPECT_EQ(outcome.destination, got_.path() + "/evil");
  EXPECT_TRUE(got_.has("evil"));
}

TEST_F(DownloadFailureTest, AServerMayNotNameNoFile) {
  for (const char* name : {"*", ".", "..", "a/", "a/..", "/", "a%00b", ".bashrc", "a%1B[2J"})
    EXPECT_EQ(thrown_by<ProtocolError>([&] {
                run_against({"OK 5 0 t " + std::string(name) + "\n"}, {.destination = got_.path()},
                            "");
              }),
              "the server's file has no name to store it under (-o DEST gives one)")
        << name;
  EXPECT_TRUE(fs::is_empty(got_.path()));
}

// Who asks for notes.bin must not get a .bashrc.
TEST_F(DownloadFailureTest, AServerMayNotStoreAnotherNameThanWasAskedFor) {
  const std::string ok = "OK 5 0 t .bashrc\n";
  run_against({ok + "hello", ok}, {.destination = got_.path(), .name = "notes.bin"}, "notes.bin");
  EXPECT_FALSE(got_.has(".bashrc"));
  EXPECT_TRUE(holds("notes.bin", "hello"));
}

}  // namespace
}  // namespace netlab
