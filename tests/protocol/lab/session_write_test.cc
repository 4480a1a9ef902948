// Uploads on the lab wire, at the server.
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

class LabUpload : public testing::Test {
 protected:
  LabUpload() {
    files_.writable = true;
    client_.set_deadline(add_saturating(files_.network.now(), 300s));
  }

  std::string answer_to(std::string_view request) {
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

TEST_F(LabUpload, TakesAFileWithItsTime) {
  const std::string answer = answer_to(put("notes.txt", "hello"));
  EXPECT_EQ(answer, files_.ok("notes.txt", "5 0"));
  EXPECT_EQ(read("notes.txt"), "hello");
  EXPECT_EQ(files_.state("notes.txt").modified, 1'700'000'000'123'456'789u);
  EXPECT_FALSE(files_.state("notes.txt").executable);
  EXPECT_EQ(files_.log.lines,
            std::vector<std::string>{"received notes.txt from 127.0.0.1:4711: 5 bytes from 0"});
}

TEST_F(LabUpload, TakesAnEmptyFileAndAProgram) {
  answer_to("PUT empty 0 0 0 -\nPUT program 3 0 1000000000 x sync\nrun");
  EXPECT_EQ(read("empty"), "");
  EXPECT_EQ(read("program"), "run");
  EXPECT_TRUE(files_.state("program").executable);
}

TEST_F(LabUpload, TakesManyInOnePieceAndAnswersInOne) {
  std::string all;
  for (int i = 0; i < 100; ++i) all += put("file" + std::to_string(i), std::to_string(i));
  client_.says(all);
  files_.serve(client_);
  EXPECT_EQ(read("file0"), "0");
  EXPECT_EQ(read("file99"), "99");
  EXPECT_EQ(client_.writes.size(), 1u);
}

TEST_F(LabUpload, TakesALargeFileInPieces) {
  const std::string content(3'000'000, 'x');
  for (std::size_t at = 0; at < content.size(); at += 100'000)
    client_.says(at == 0 ? put("big.bin", content).substr(0, 100'000 + 50) : "");
  client_.says(put("big.bin", content).substr(100'000 + 50));
  files_.serve(client_);
  EXPECT_EQ(read("big.bin").size(), content.size());
  EXPECT_FALSE(has("big.bin.part"));
}

TEST_F(LabUpload, ReplacesAFileAtOnceAndALinkNotWhatItLeadsTo) {
  files_.put("notes.txt", "old");
  files_.directory.write("outside", "untouched");
  fs::create_symlink("../outside", files_.directory.path("served/link"));
  answer_to(put("notes.txt", "new") + put("link", "not a link any more"));
  EXPECT_EQ(read("notes.txt"), "new");
  EXPECT_EQ(read("link"), "not a link any more");
  EXPECT_EQ(files_.directory.read("outside"), "untouched");
}

TEST_F(LabUpload, KeepsAPartOfWhatBreaksOff) {
  files_.put("notes.txt", "the whole old one");
  client_.says("PUT notes.txt 100000 0" + std::string(time_and_mode) + "\n" +
               std::string(40'000, 'x'));
  EXPECT_EQ(thrown_by<ConnectionEnded>([&] { files_.serve(client_); }),
            "the client ended the connection 60000 bytes before the end of its upload");
  EXPECT_EQ(read("notes.txt"), "the whole old one");
  EXPECT_EQ(read("notes.txt.part").size(), 40'000u);
}

TEST_F(LabUpload, TellsWhatIsThereOfOneAndGoesOn) {
  files_.put("notes.txt.part", "hello, w");
  const std::string part = files_.ok("notes.txt.part", "8 0");
  const std::string answer =
      answer_to("PART notes.txt\nPUT notes.txt 12 7" + std::string(time_and_mode) + "\nworld");
  EXPECT_EQ(answer, part + files_.ok("notes.txt", "12 7"));
  EXPECT_EQ(read("notes.txt"), "hello, world");
  EXPECT_FALSE(has("notes.txt.part"));
}

TEST_F(LabUpload, GoesOnBehindNothingButWhatWasProved) {
  files_.put("notes.txt.part", "hello, w");
  const std::string tag = files_.tag("notes.txt.part");
  const std::string put = "PUT notes.txt 12 7" + std::string(time_and_mode);
  EXPECT_EQ(answer_to(put + " if=another\nworld"),
            "ERROR changed what is there of it has changed\n");
  EXPECT_EQ(read("notes.txt.part"), "hello, w");
  client_.says(put + " later sync if=" + tag + "\nworld");
  files_.serve(client_);
  EXPECT_EQ(read("notes.txt"), "hello, world");
}

TEST_F(LabUpload, GivesAClientTimeThatItHoldsUpItself) {
  files_.limit_rate = 1000;
  client_.says(put("notes.txt", std::string(100'000, 'x')));
  files_.serve(client_);
  EXPECT_EQ(read("notes.txt").size(), 100'000u);
  EXPECT_GE(files_.network.passed(), 99s);
}

TEST_F(LabUpload, AtARateGivesUpAClientThatSendsLessAllTheSame) {
  files_.limit_rate = 1000;
  client_.says("PUT notes.txt 1000000 0 0 -\n").says_bytewise(std::string(100, 'x'), 1s);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 61s);
}

TEST_F(LabUpload, BegunAnewReplacesNoFileThatIsNoUpload) {
  files_.put("notes.txt.part", "mine");
  const std::string line =
      "ERROR failed a file is there under its name with .part, and nothing says that it is an "
      "upload's\n";
  EXPECT_EQ(answer_to(put("notes.txt", "small") + put("notes.txt", std::string(50'000, 'x'))),
            line + line);
  EXPECT_EQ(read("notes.txt.part"), "mine");
}

// A client that says nothing for a while has its upload as long as nobody else wants it.
TEST_F(LabUpload, GoesOnAfterASilence) {
  client_.says("PUT notes.txt 40000 0 0 -\n" + std::string(30'000, 'x')).pauses(20s);
  client_.says(std::string(10'000, 'x'));
  files_.serve(client_);
  EXPECT_EQ(read("notes.txt"), std::string(40'000, 'x'));
}

TEST_F(LabUpload, BegunAnewNeedsNoProof) {
  files_.put("notes.txt.part", "hello, w");
  files_.put("notes.txt.part.state", "netlab partial 1\ntag \nreplace\n");
  const std::string answer =
      answer_to("PUT notes.txt 5 0" + std::string(time_and_mode) + " if=another\nhello");
  EXPECT_EQ(answer, files_.ok("notes.txt", "5 0"));
}

TEST_F(LabUpload, GoesOnNowhereElse) {
  files_.put("short.txt.part", "hello");
  EXPECT_EQ(answer_to("PART absent\nPUT absent 12 7 0 -\nworldPUT short.txt 12 7 0 -\nworld"),
            "ERROR no-such-file No such file or directory\n"
            "ERROR no-such-file nothing of it is there to be continued\n"
            "ERROR bad-offset offset 7 is beyond what is there, 5 bytes\n");
  EXPECT_EQ(read("short.txt.part"), "hello");
}

TEST_F(LabUpload, TakesNothingWhereNothingMayBeChanged) {
  files_.writable = false;
  const std::string refusal = "ERROR read-only this server takes no files\n";
  EXPECT_EQ(answer_to(put("notes.txt", "hello") + "MKDIR folder\nPART notes.txt\nSTAT x\n"),
            refusal + refusal + refusal + "ERROR no-such-file No such file or directory\n");
  EXPECT_FALSE(has("notes.txt"));
  EXPECT_FALSE(has("folder"));
}

TEST_F(LabUpload, TakesNothingOutsideNorInThePlaceOfAFolder) {
  fs::create_directory(files_.directory.path("served/folder"));
  fs::create_directory(files_.directory.path("other"));
  fs::create_symlink("../other", files_.directory.path("served/away"));
  EXPECT_EQ(answer_to(put("../evil", "x") + put("/tmp/evil", "x") + put("away/evil", "x") +
                      put("folder", "x") + put("..", "x") + put("folder/.", "x") +
                      put("absent/x", "x") + put("a%00b", "x")),
            "ERROR not-allowed leads out of the folder\n"
            "ERROR not-allowed leads out of the folder\n"
            "ERROR not-allowed leads out of the folder\n"
            "ERROR not-a-file Is a directory\n"
            "ERROR not-a-file Not a regular file\n"
            "ERROR not-a-file Not a regular file\n"
            "ERROR no-such-file No such file or directory\n"
            "ERROR no-such-file No such file or directory\n");
  EXPECT_TRUE(fs::is_empty(files_.directory.path("other")));
  EXPECT_FALSE(files_.directory.has("evil"));
}

TEST_F(LabUpload, EndsWithWhoWouldSendMuchThatWasRefused) {
  client_.says("PUT ../evil 1000000000 0 0 -\n" + std::string(5'000, 'x'));
  EXPECT_EQ(thrown_by<ProtocolError>([&] { files_.serve(client_); }),
            "its upload was refused: leads out of the folder");
  EXPECT_EQ(client_.written(), "ERROR not-allowed leads out of the folder\n");
  EXPECT_TRUE(client_.finished);
}

TEST_F(LabUpload, LetsOneClientAtATimeWriteAFile) {
  files_.put("notes.txt.part", "");
  const Fd other(
      ::open(files_.directory.path("served/notes.txt.part").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(flock(other.get(), LOCK_EX), 0);
  EXPECT_EQ(answer_to(put("notes.txt", "hello")), "ERROR busy another transfer writes to it\n");
  EXPECT_FALSE(has("notes.txt"));
}

TEST_F(LabUpload, GivesEachPieceItsTime) {
  client_.says("PUT notes.txt 1000000 0 0 -\n").says_bytewise(std::string(100, 'x'), 1s);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 60s);
}

TEST_F(LabUpload, MakesFolders) {
  files_.put("file", "");
  fs::create_symlink("file", files_.directory.path("served/link"));
  const std::string answer =
      answer_to("MKDIR a\nMKDIR a\nMKDIR a/b\nMKDIR x/y\nMKDIR file\nMKDIR link\nMKDIR ..\n");
  EXPECT_TRUE(fs::is_directory(files_.directory.path("served/a/b")));
  EXPECT_NE(answer.find("ERROR no-such-file No such file or directory\n"
                        "ERROR failed File exists\n"
                        "ERROR failed File exists\n"
                        "ERROR not-a-file Not a regular file\n"),
            std::string::npos)
      << answer;
}

}  // namespace
}  // namespace netlab
