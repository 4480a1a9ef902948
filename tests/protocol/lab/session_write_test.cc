// The server session of the lab wire: PUT, PART and MKDIR.
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "protocol/lab/codec.h"
#include "socket/syscalls.h"
#include "support/served_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* time_and_mode = " 1700000000123456789 -";

class LabSessionWriteTest : public testing::Test {
 protected:
  LabSessionWriteTest() {
    files_.writable = true;
    client_.set_deadline(add_saturating(files_.network.now(), 300s));
  }

  std::string reply_to(std::string_view request) {
    client_.says(request);
    files_.serve(client_);
    return client_.written();
  }
  // A request with the bytes that follow it.
  static std::string put(const std::string& name, std::string_view bytes) {
    return "PUT " + name + " " + std::to_string(bytes.size()) + " 0" + time_and_mode + "\n" +
           std::string(bytes);
  }
  std::string read(const std::string& name) const {
    return files_.directory.read("served/" + name);
  }
  bool has(const std::string& name) const { return files_.directory.has("served/" + name); }

  ServedDirectory files_;
  ScriptedStream client_{files_.network};
};

TEST_F(LabSessionWriteTest, StoresAFileWithItsModificationTime) {
  const std::string reply = reply_to(put("notes.txt", "hello"));
  EXPECT_EQ(reply, files_.ok("notes.txt", "5 0"));
  EXPECT_EQ(read("notes.txt"), "hello");
  EXPECT_EQ(files_.status("notes.txt").modified, 1'700'000'000'123'456'789u);
  EXPECT_FALSE(files_.status("notes.txt").executable);
  EXPECT_EQ(files_.log.lines,
            std::vector<std::string>{"received notes.txt from 127.0.0.1:4711: 5 bytes from 0"});
}

TEST_F(LabSessionWriteTest, StoresEmptyAndExecutableFiles) {
  reply_to("PUT empty 0 0 0 -\nPUT program 3 0 1000000000 x sync\nrun");
  EXPECT_EQ(read("empty"), "");
  EXPECT_EQ(read("program"), "run");
  EXPECT_TRUE(files_.status("program").executable);
}

TEST_F(LabSessionWriteTest, AnswersPipelinedUploadsInOneWrite) {
  std::string all;
  for (int i = 0; i < 100; ++i) all += put("file" + std::to_string(i), std::to_string(i));
  client_.says(all);
  files_.serve(client_);
  EXPECT_EQ(read("file0"), "0");
  EXPECT_EQ(read("file99"), "99");
  EXPECT_EQ(client_.writes.size(), 1u);
}

TEST_F(LabSessionWriteTest, ReceivesALargeFileInPieces) {
  const std::string content(3'000'000, 'x');
  for (std::size_t at = 0; at < content.size(); at += 100'000)
    client_.says(at == 0 ? put("big.bin", content).substr(0, 100'000 + 50) : "");
  client_.says(put("big.bin", content).substr(100'000 + 50));
  files_.serve(client_);
  EXPECT_EQ(read("big.bin").size(), content.size());
  EXPECT_FALSE(has("big.bin.part"));
}

TEST_F(LabSessionWriteTest, ReplacesFilesAndLinksButNotLinkTargets) {
  files_.put("notes.txt", "old");
  files_.directory.write("outside", "untouched");
  fs::create_symlink("../outside", files_.directory.path("served/link"));
  reply_to(put("notes.txt", "new") + put("link", "not a link any more"));
  EXPECT_EQ(read("notes.txt"), "new");
  EXPECT_EQ(read("link"), "not a link any more");
  EXPECT_EQ(files_.directory.read("outside"), "untouched");
}

TEST_F(LabSessionWriteTest, KeepsThePartOfAnInterruptedUpload) {
  files_.put("notes.txt", "the whole old one");
  client_.says("PUT notes.txt 100000 0" + std::string(time_and_mode) + "\n" +
               std::string(40'000, 'x'));
  EXPECT_EQ(thrown_by<ConnectionEnded>([&] { files_.serve(client_); }),
            "the client closed the connection 60000 bytes before the end of its upload");
  EXPECT_EQ(read("notes.txt"), "the whole old one");
  EXPECT_EQ(read("notes.txt.part").size(), 40'000u);
}

TEST_F(LabSessionWriteTest, ReportsAndResumesAPartialUpload) {
  files_.put("notes.txt.part", "hello, w");
  const std::string part = files_.ok("notes.txt.part", "8 0");
  const std::string reply =
      reply_to("PART notes.txt\nPUT notes.txt 12 7" + std::string(time_and_mode) + "\nworld");
  EXPECT_EQ(reply, part + files_.ok("notes.txt", "12 7"));
  EXPECT_EQ(read("notes.txt"), "hello, world");
  EXPECT_FALSE(has("notes.txt.part"));
}

TEST_F(LabSessionWriteTest, ResumesOnlyWithAMatchingTag) {
  files_.put("notes.txt.part", "hello, w");
  const std::string tag = files_.tag("notes.txt.part");
  const std::string put = "PUT notes.txt 12 7" + std::string(time_and_mode);
  EXPECT_EQ(reply_to(put + " if=another\nworld"), "ERROR changed the partial upload has changed\n");
  EXPECT_EQ(read("notes.txt.part"), "hello, w");
  client_.says(put + " later sync if=" + tag + "\nworld");
  files_.serve(client_);
  EXPECT_EQ(read("notes.txt"), "hello, world");
}

TEST_F(LabSessionWriteTest, RateLimitDoesNotCountAsAStall) {
  files_.limit_rate = 1000;
  client_.says(put("notes.txt", std::string(100'000, 'x')));
  files_.serve(client_);
  EXPECT_EQ(read("notes.txt").size(), 100'000u);
  EXPECT_GE(files_.network.passed(), 99s);
}

TEST_F(LabSessionWriteTest, TimesOutAClientSlowerThanTheRateLimit) {
  files_.limit_rate = 1000;
  client_.says("PUT notes.txt 1000000 0 0 -\n").says_bytewise(std::string(100, 'x'), 1s);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 61s);
}

TEST_F(LabSessionWriteTest, DoesNotReplaceAForeignPart) {
  files_.put("notes.txt.part", "mine");
  const std::string line = "ERROR failed a .part file exists that is not known to be an upload\n";
  EXPECT_EQ(reply_to(put("notes.txt", "small") + put("notes.txt", std::string(50'000, 'x'))),
            line + line);
  EXPECT_EQ(read("notes.txt.part"), "mine");
}

// A client that pauses keeps its upload as long as no other client wants the file.
TEST_F(LabSessionWriteTest, ContinuesAfterAPause) {
  client_.says("PUT notes.txt 40000 0 0 -\n" + std::string(30'000, 'x')).pauses(20s);
  client_.says(std::string(10'000, 'x'));
  files_.serve(client_);
  EXPECT_EQ(read("notes.txt"), std::string(40'000, 'x'));
}

TEST_F(LabSessionWriteTest, StartingOverNeedsNoTag) {
  files_.put("notes.txt.part", "hello, w");
  files_.put("notes.txt.part.state", "netlab partial 1\ntag \nreplace\n");
  const std::string reply =
      reply_to("PUT notes.txt 5 0" + std::string(time_and_mode) + " if=another\nhello");
  EXPECT_EQ(reply, files_.ok("notes.txt", "5 0"));
}

TEST_F(LabSessionWriteTest, RejectsResumingWithoutAMatchingPart) {
  files_.put("short.txt.part", "hello");
  EXPECT_EQ(reply_to("PART absent\nPUT absent 12 7 0 -\nworldPUT short.txt 12 7 0 -\nworld"),
            "ERROR no-such-file No such file or directory\n"
            "ERROR no-such-file there is no partial upload to resume\n"
            "ERROR bad-offset offset 7 is beyond the end of the partial upload (5 bytes)\n");
  EXPECT_EQ(read("short.txt.part"), "hello");
}

TEST_F(LabSessionWriteTest, RejectsUploadsWhenReadOnly) {
  files_.writable = false;
  const std::string rejection = "ERROR read-only this server does not accept uploads\n";
  EXPECT_EQ(reply_to(put("notes.txt", "hello") + "MKDIR folder\nPART notes.txt\nSTAT x\n"),
            rejection + rejection + rejection + "ERROR no-such-file No such file or directory\n");
  EXPECT_FALSE(has("notes.txt"));
  EXPECT_FALSE(has("folder"));
}

TEST_F(LabSessionWriteTest, RejectsUploadsOutsideOrOverADirectory) {
  fs::create_directory(files_.directory.path("served/folder"));
  fs::create_directory(files_.directory.path("other"));
  fs::create_symlink("../other", files_.directory.path("served/away"));
  EXPECT_EQ(reply_to(put("../evil", "x") + put("/tmp/evil", "x") + put("away/evil", "x") +
                     put("folder", "x") + put("..", "x") + put("folder/.", "x") +
                     put("absent/x", "x") + put("a%00b", "x")),
            "ERROR not-allowed leads outside the served directory\n"
            "ERROR not-allowed leads outside the served directory\n"
            "ERROR not-allowed leads outside the served directory\n"
            "ERROR is-a-folder Is a directory\n"
            "ERROR not-a-file Not a regular file\n"
            "ERROR not-a-file Not a regular file\n"
            "ERROR no-such-file No such file or directory\n"
            "ERROR no-such-file No such file or directory\n");
  EXPECT_TRUE(fs::is_empty(files_.directory.path("other")));
  EXPECT_FALSE(files_.directory.has("evil"));
}

TEST_F(LabSessionWriteTest, EndsTheSessionAfterRejectingALargeUpload) {
  client_.says("PUT ../evil 1000000000 0 0 -\n" + std::string(5'000, 'x'));
  EXPECT_EQ(thrown_by<ProtocolError>([&] { files_.serve(client_); }),
            "upload rejected: leads outside the served directory");
  EXPECT_EQ(client_.written(), "ERROR not-allowed leads outside the served directory\n");
  EXPECT_TRUE(client_.finished);
}

TEST_F(LabSessionWriteTest, RejectsAFileThatAnotherTransferWrites) {
  files_.put("notes.txt.part", "");
  const Fd other(
      ::open(files_.directory.path("served/notes.txt.part").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(flock(other.get(), LOCK_EX), 0);
  EXPECT_EQ(reply_to(put("notes.txt", "hello")), "ERROR busy another transfer writes to it\n");
  EXPECT_FALSE(has("notes.txt"));
}

TEST_F(LabSessionWriteTest, StallTimeoutAppliesToEachPiece) {
  client_.says("PUT notes.txt 1000000 0 0 -\n").says_bytewise(std::string(100, 'x'), 1s);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 60s);
}

TEST_F(LabSessionWriteTest, MakesDirectories) {
  files_.put("file", "");
  fs::create_symlink("file", files_.directory.path("served/link"));
  const std::string reply =
      reply_to("MKDIR a\nMKDIR a\nMKDIR a/b\nMKDIR x/y\nMKDIR file\nMKDIR link\nMKDIR ..\n");
  EXPECT_TRUE(fs::is_directory(files_.directory.path("served/a/b")));
  EXPECT_NE(reply.find("ERROR no-such-file No such file or directory\n"
                       "ERROR failed File exists\n"
                       "ERROR failed File exists\n"
                       "ERROR not-a-file Not a regular file\n"),
            std::string::npos)
      << reply;
}

}  // namespace
}  // namespace netlab
