#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "protocol/lab/codec.h"
#include "support/served_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class LabServer : public testing::Test {
 protected:
  LabServer() {
    files_.put("notes.txt", "hello, world\n");
    client_.set_deadline(add_saturating(files_.network.now(), 300s));
  }

  std::string answer_to(std::string_view request) {
    client_.says(request);
    files_.serve(client_);
    return client_.written();
  }
  // To the last request, after which the connection ends.
  std::string last_answer_to(std::string_view request) {
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

TEST_F(LabServer, SendsAFile) {
  EXPECT_EQ(answer_to("GET notes.txt 0\n"), ok("13 0") + "hello, world\n");
}

TEST_F(LabServer, SendsTheRestOfAFile) {
  EXPECT_EQ(answer_to("GET notes.txt 7\n"), ok("13 7") + "world\n");
  EXPECT_EQ(files_.log.lines,
            (std::vector<std::string>{"sent notes.txt to 127.0.0.1:4711: 6 bytes from 7"}));
}

TEST_F(LabServer, SendsNothingToWhoHasAll) {
  EXPECT_EQ(answer_to("GET notes.txt 13\n"), ok("13 13"));
}

TEST_F(LabServer, TellsWhatAFileIs) {
  EXPECT_EQ(answer_to("STAT notes.txt\n"), ok("13 0"));
}

TEST_F(LabServer, TakesARequestInPiecesOfOneByte) {
  client_.says_bytewise("GET notes.txt 7\n", 1s);
  EXPECT_EQ(answer_to(""), ok("13 7") + "world\n");
}

TEST_F(LabServer, AnswersOneRequestAfterTheOther) {
  EXPECT_EQ(answer_to("GET notes.txt 7\nSTAT notes.txt\nGET notes.txt 12\n"),
            ok("13 7") + "world\n" + ok("13 0") + ok("13 12") + "\n");
}

TEST_F(LabServer, GoesOnAfterARefusal) {
  EXPECT_EQ(answer_to("STAT absent\nSTAT notes.txt\n"),
            "ERROR no-such-file No such file or directory\n" + ok("13 0"));
}

TEST_F(LabServer, SendsTheDefaultToWhoNamesNothing) {
  ServedDirectory with_default("notes.txt");
  with_default.put("notes.txt", "hello");
  ScriptedStream client(with_default.network);
  client.says("GET * 0\n");
  with_default.serve(client);
  EXPECT_EQ(client.written(), with_default.ok("notes.txt", "5 0") + "hello");
}

TEST_F(LabServer, SendsAFileInTheStateThatWasNamed) {
  EXPECT_EQ(answer_to("GET notes.txt 7 " + files_.tag("notes.txt") + "\n"), ok("13 7") + "world\n");
}

TEST_F(LabServer, RefusesAFileInAnotherState) {
  EXPECT_EQ(answer_to("GET notes.txt 7 a-b-c\n"), "ERROR changed has changed\n");
}

TEST_F(LabServer, RefusesAnOffsetBeyondTheEnd) {
  EXPECT_EQ(answer_to("GET notes.txt 14\n"),
            "ERROR bad-offset offset 14 is beyond its end at 13\n");
}

TEST_F(LabServer, RefusesWhatIsNotThereOrNoFile) {
  std::filesystem::create_directory(files_.directory.path("served/folder"));
  ASSERT_EQ(mkfifo(files_.directory.path("served/fifo").c_str(), 0600), 0);
  EXPECT_EQ(answer_to("STAT *\nSTAT folder\nSTAT fifo\nSTAT notes.txt/x\nSTAT a%00b\n"),
            "ERROR no-such-file no file is offered to whom names none\n"
            "ERROR not-a-file Is a directory\n"
            "ERROR not-a-file Not a regular file\n"
            "ERROR not-a-folder Not a directory\n"
            "ERROR no-such-file No such file or directory\n");
}

TEST_F(LabServer, RefusesNamesThatLeadOut) {
  files_.directory.write("secret", "secret");
  std::filesystem::create_symlink("../secret", files_.directory.path("served/link"));
  std::filesystem::create_symlink("loop", files_.directory.path("served/loop"));
  EXPECT_EQ(answer_to("GET ../secret 0\nGET /etc/passwd 0\nGET link 0\nSTAT loop\n"),
            "ERROR not-allowed leads out of the folder\n"
            "ERROR not-allowed leads out of the folder\n"
            "ERROR not-allowed leads out of the folder\n"
            "ERROR not-allowed Too many levels of symbolic links\n");
  EXPECT_EQ(files_.log.lines.front(),
            "refused ../secret to 127.0.0.1:4711: leads out of the folder");
}

TEST_F(LabServer, AnswersABadRequestAndEnds) {
  EXPECT_EQ(last_answer_to("APPEND notes.txt\nSTAT notes.txt\n"),
            "ERROR bad-request unknown command \"APPEND\"\n");
}

TEST_F(LabServer, ReadsOnAfterABadRequestSoThatItsAnswerIsNotLost) {
  last_answer_to("APPEND notes.txt\n" + std::string(100'000, 'x'));
  EXPECT_TRUE(client_.finished);
  EXPECT_EQ(client_.unread(), 0u);
}

// Its grammar has printable UTF-8 in the text for people: what is quoted of a request is escaped.
TEST_F(LabServer, QuotesABadRequestInPrintableUtf8WhateverItIs) {
  EXPECT_EQ(last_answer_to("STAT\xc3\xa4\xe4\x1b\x07 notes.txt\n"),
            "ERROR bad-request unknown command \"STAT\xc3\xa4\\xe4\\x1b\\x07\"\n");
}

TEST_F(LabServer, TakesALineOfTheLargestSize) {
  std::string line = "STAT ";
  line.resize(lab::max_line, 'x');
  EXPECT_TRUE(answer_to(line + "\n").starts_with("ERROR no-such-file File name too long"));
}

TEST_F(LabServer, RefusesALineThatIsOneByteLonger) {
  std::string line = "STAT ";
  line.resize(lab::max_line + 1, 'x');
  EXPECT_EQ(last_answer_to(line + "\n"), "ERROR bad-request a line of more than 16384 bytes\n");
}

TEST_F(LabServer, RefusesALineThatNeverEnds) {
  const std::string piece(4096, 'X');
  for (int i = 0; i < 100; ++i) client_.says(piece);
  EXPECT_EQ(last_answer_to(""), "ERROR bad-request a line of more than 16384 bytes\n");
}

TEST_F(LabServer, EndsWithAClientThatFinishesInTheMiddleOfALine) {
  client_.says("GET notes.txt");
  EXPECT_EQ(thrown_by<ConnectionEnded>([&] { files_.serve(client_); }),
            "the peer finished in the middle of a line");
}

TEST_F(LabServer, GivesARequestThirtySecondsWhateverTrickles) {
  client_.says("G").says_bytewise("ET notes.txt 0\n", 4s);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 30s);
}

TEST_F(LabServer, GivesFiveMinutesBetweenTwoRequests) {
  client_.says("STAT notes.txt\n").pauses(299s).says("STAT notes.txt\n").pauses(301s).says("S");
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(client_.written(), ok("13 0") + ok("13 0"));
  EXPECT_EQ(files_.network.passed(), 599s);
}

TEST_F(LabServer, EndsWhenTheFileBecomesShorterForTheSizeIsPromised) {
  files_.put("notes.txt", std::string(600 * 1024, 'x'));
  client_.says("GET notes.txt 0\nSTAT notes.txt\n");
  client_.before_write = [&] {
    std::filesystem::resize_file(files_.directory.path("served/notes.txt"), 1);
  };
  EXPECT_EQ(thrown_by<ProtocolError>([&] { files_.serve(client_); }),
            "notes.txt has become shorter while it was sent: 1 of 614400 bytes");
}

// Whether it has a rate to keep or not.
TEST_F(LabServer, SendsASmallFileInTheStateThatItTells) {
  files_.limit_rate = 4096;
  const std::string old(32 * 1024, 'x');
  files_.put("notes.txt", old);
  const std::string line = files_.ok("notes.txt", "32768 0");
  client_.before_write = [&] { files_.put("notes.txt", std::string(old.size(), 'y')); };
  EXPECT_EQ(answer_to("GET notes.txt 0\n"), line + old);
  EXPECT_GE(files_.network.passed(), 8s);
}

TEST_F(LabServer, EndsWithAClientThatTakesNothing) {
  client_.takes(10);
  EXPECT_EQ(error_of([&] { answer_to("GET notes.txt 0\n"); }), ETIMEDOUT);
  EXPECT_LE(files_.network.passed(), 60s);
}

// A second's worth has the stall time-out, and not each eighth of it.
TEST_F(LabServer, EndsWithAClientThatTakesLittleOfALittle) {
  files_.limit_rate = 40'000;
  files_.put("notes.txt", std::string(400'000, 'x'));
  client_.before_write = [&] {
    files_.network.sleep_until(add_saturating(files_.network.now(), 50s));
  };
  EXPECT_EQ(error_of([&] { answer_to("GET notes.txt 0\n"); }), ETIMEDOUT);
  EXPECT_LE(files_.network.passed(), 200s);
}

}  // namespace
}  // namespace netlab
