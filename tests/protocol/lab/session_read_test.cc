#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "protocol/lab/codec.h"
#include "support/served_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class LabSessionReadTest : public testing::Test {
 protected:
  LabSessionReadTest() {
    files_.put("notes.txt", "hello, world\n");
    client_.set_deadline(add_saturating(files_.network.now(), 300s));
  }

  std::string reply_to(std::string_view request) {
    client_.says(request);
    files_.serve(client_);
    return client_.written();
  }
  // Returns the reply to a request after which the session fails.
  std::string last_reply_to(std::string_view request) {
    client_.says(request);
    EXPECT_THROW(files_.serve(client_), ProtocolError);
    return client_.written();
  }
  std::string ok(const std::string& size_and_offset) const {
    return files_.ok("notes.txt", size_and_offset);
  }

  ServedDirectory files_;
  ScriptedStream client_{files_.network};
};

TEST_F(LabSessionReadTest, SendsAFile) {
  EXPECT_EQ(reply_to("GET notes.txt 0\n"), ok("13 0") + "hello, world\n");
}

TEST_F(LabSessionReadTest, SendsTheRestOfAFile) {
  EXPECT_EQ(reply_to("GET notes.txt 7\n"), ok("13 7") + "world\n");
  EXPECT_EQ(files_.log.lines,
            (std::vector<std::string>{"sent notes.txt to 127.0.0.1:4711: 6 bytes from 7"}));
}

TEST_F(LabSessionReadTest, SendsNothingFromTheEndOfTheFile) {
  EXPECT_EQ(reply_to("GET notes.txt 13\n"), ok("13 13"));
}

TEST_F(LabSessionReadTest, StatDescribesAFile) {
  EXPECT_EQ(reply_to("STAT notes.txt\n"), ok("13 0"));
}

TEST_F(LabSessionReadTest, AcceptsARequestByteByByte) {
  client_.says_bytewise("GET notes.txt 7\n", 1s);
  EXPECT_EQ(reply_to(""), ok("13 7") + "world\n");
}

TEST_F(LabSessionReadTest, ServesSeveralRequests) {
  EXPECT_EQ(reply_to("GET notes.txt 7\nSTAT notes.txt\nGET notes.txt 12\n"),
            ok("13 7") + "world\n" + ok("13 0") + ok("13 12") + "\n");
}

TEST_F(LabSessionReadTest, ContinuesAfterAnError) {
  EXPECT_EQ(reply_to("STAT absent\nSTAT notes.txt\n"),
            "ERROR no-such-file No such file or directory\n" + ok("13 0"));
}

TEST_F(LabSessionReadTest, SendsTheDefaultFile) {
  ServedDirectory with_default("notes.txt");
  with_default.put("notes.txt", "hello");
  ScriptedStream client(with_default.network);
  client.says("GET * 0\n");
  with_default.serve(client);
  EXPECT_EQ(client.written(), with_default.ok("notes.txt", "5 0") + "hello");
}

TEST_F(LabSessionReadTest, SendsAFileWithAMatchingTag) {
  EXPECT_EQ(reply_to("GET notes.txt 7 " + files_.tag("notes.txt") + "\n"), ok("13 7") + "world\n");
}

TEST_F(LabSessionReadTest, RejectsAFileWithAnotherTag) {
  EXPECT_EQ(reply_to("GET notes.txt 7 a-b-c\n"), "ERROR changed file has changed\n");
}

TEST_F(LabSessionReadTest, RejectsAnOffsetBeyondTheEnd) {
  EXPECT_EQ(reply_to("GET notes.txt 14\n"),
            "ERROR bad-offset offset 14 is beyond the end of file (13 bytes)\n");
}

TEST_F(LabSessionReadTest, RejectsMissingAndNonRegularFiles) {
  std::filesystem::create_directory(files_.directory.path("served/folder"));
  ASSERT_EQ(mkfifo(files_.directory.path("served/fifo").c_str(), 0600), 0);
  EXPECT_EQ(reply_to("STAT *\nSTAT folder\nSTAT fifo\nSTAT notes.txt/x\nSTAT a%00b\n"),
            "ERROR no-such-file this server has no default file\n"
            "ERROR is-a-folder Is a directory\n"
            "ERROR not-a-file Not a regular file\n"
            "ERROR not-a-folder Not a directory\n"
            "ERROR no-such-file No such file or directory\n");
}

TEST_F(LabSessionReadTest, RejectsNamesThatLeadOutside) {
  files_.directory.write("secret", "secret");
  std::filesystem::create_symlink("../secret", files_.directory.path("served/link"));
  std::filesystem::create_symlink("loop", files_.directory.path("served/loop"));
  EXPECT_EQ(reply_to("GET ../secret 0\nGET /etc/passwd 0\nGET link 0\nSTAT loop\n"),
            "ERROR not-allowed leads outside the served directory\n"
            "ERROR not-allowed leads outside the served directory\n"
            "ERROR not-allowed leads outside the served directory\n"
            "ERROR not-allowed Too many levels of symbolic links\n");
  EXPECT_EQ(files_.log.lines.front(),
            "refused ../secret to 127.0.0.1:4711: leads outside the served directory");
}

TEST_F(LabSessionReadTest, RepliesToABadRequestAndEnds) {
  EXPECT_EQ(last_reply_to("APPEND notes.txt\nSTAT notes.txt\n"),
            "ERROR bad-request unknown command \"APPEND\"\n");
}

TEST_F(LabSessionReadTest, DrainsTheClientAfterABadRequest) {
  last_reply_to("APPEND notes.txt\n" + std::string(100'000, 'x'));
  EXPECT_TRUE(client_.finished);
  EXPECT_EQ(client_.unread(), 0u);
}

// The grammar requires printable UTF-8 in error texts: quoted parts of a request are escaped.
TEST_F(LabSessionReadTest, QuotesABadRequestInPrintableUtf8) {
  EXPECT_EQ(last_reply_to("STAT\xc3\xa4\xe4\x1b\x07 notes.txt\n"),
            "ERROR bad-request unknown command \"STAT\xc3\xa4\\xe4\\x1b\\x07\"\n");
}

TEST_F(LabSessionReadTest, AcceptsALineOfTheMaximumSize) {
  std::string line = "STAT ";
  line.resize(lab::max_line, 'x');
  EXPECT_TRUE(reply_to(line + "\n").starts_with("ERROR no-such-file File name too long"));
}

TEST_F(LabSessionReadTest, RejectsALineOneByteLonger) {
  std::string line = "STAT ";
  line.resize(lab::max_line + 1, 'x');
  EXPECT_EQ(last_reply_to(line + "\n"), "ERROR bad-request a line of more than 16384 bytes\n");
}

TEST_F(LabSessionReadTest, RejectsAnEndlessLine) {
  const std::string piece(4096, 'X');
  for (int i = 0; i < 100; ++i) client_.says(piece);
  EXPECT_EQ(last_reply_to(""), "ERROR bad-request a line of more than 16384 bytes\n");
}

TEST_F(LabSessionReadTest, FailsWhenTheClientFinishesInTheMiddleOfALine) {
  client_.says("GET notes.txt");
  EXPECT_EQ(thrown_by<ConnectionEnded>([&] { files_.serve(client_); }),
            "the peer closed the connection in the middle of a line");
}

TEST_F(LabSessionReadTest, TricklingBytesDoNotExtendTheRequestDeadline) {
  client_.says("G").says_bytewise("ET notes.txt 0\n", 4s);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 30s);
}

TEST_F(LabSessionReadTest, AllowsFiveMinutesBetweenRequests) {
  client_.says("STAT notes.txt\n").pauses(299s).says("STAT notes.txt\n").pauses(301s).says("S");
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(client_.written(), ok("13 0") + ok("13 0"));
  EXPECT_EQ(files_.network.passed(), 599s);
}

TEST_F(LabSessionReadTest, FailsWhenTheFileShrinksWhileSent) {
  files_.put("notes.txt", std::string(600 * 1024, 'x'));
  client_.says("GET notes.txt 0\nSTAT notes.txt\n");
  client_.before_write = [&] {
    std::filesystem::resize_file(files_.directory.path("served/notes.txt"), 1);
  };
  EXPECT_EQ(thrown_by<ProtocolError>([&] { files_.serve(client_); }),
            "notes.txt was truncated while being sent, at byte 1 of 614400");
}

// This also holds with a rate limit.
TEST_F(LabSessionReadTest, SendsASmallFileConsistentlyWithItsTag) {
  files_.limit_rate = 4096;
  const std::string old(32 * 1024, 'x');
  files_.put("notes.txt", old);
  const std::string line = files_.ok("notes.txt", "32768 0");
  client_.before_write = [&] { files_.put("notes.txt", std::string(old.size(), 'y')); };
  EXPECT_EQ(reply_to("GET notes.txt 0\n"), line + old);
  EXPECT_GE(files_.network.passed(), 8s);
}

TEST_F(LabSessionReadTest, TimesOutAClientThatReadsNothing) {
  client_.takes(10);
  EXPECT_EQ(error_of([&] { reply_to("GET notes.txt 0\n"); }), ETIMEDOUT);
  EXPECT_LE(files_.network.passed(), 60s);
}

// The stall timeout applies to one second's worth of bytes, not to each eighth of it.
TEST_F(LabSessionReadTest, TimesOutASlowReaderAtALowRate) {
  files_.limit_rate = 40'000;
  files_.put("notes.txt", std::string(400'000, 'x'));
  client_.before_write = [&] {
    files_.network.sleep_until(add_saturating(files_.network.now(), 50s));
  };
  EXPECT_EQ(error_of([&] { reply_to("GET notes.txt 0\n"); }), ETIMEDOUT);
  EXPECT_LE(files_.network.passed(), 200s);
}

}  // namespace
}  // namespace netlab
