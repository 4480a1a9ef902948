#include <gtest/gtest.h>

#include "support/served_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class SheetServerTest : public testing::Test {
 protected:
  SheetServerTest() {
    files_.put("notes.txt", "hello, world\n");
    client_.set_deadline(add_saturating(files_.network.now(), 300s));
  }

  std::string reply() {
    files_.serve(client_);
    return client_.written();
  }
  std::string serve_error() {
    return thrown_by<ProtocolError>([&] { files_.serve(client_); });
  }
  static std::string request(const char* command, std::string digits) {
    digits.resize(10, '\0');
    return command + "\0"s + digits;
  }

  ServedDirectory files_{"notes.txt"};
  ScriptedStream client_{files_.network};
};

TEST_F(SheetServerTest, SendsTheWholeFile) {
  client_.says("0\0"s);
  EXPECT_EQ(reply(), "hello, world\n");
  EXPECT_TRUE(client_.finished);
  EXPECT_EQ(files_.log.lines,
            (std::vector<std::string>{"sending notes.txt to 127.0.0.1:4711: 13 bytes from 0",
                                      "sent notes.txt to 127.0.0.1:4711: 13 bytes from 0"}));
}

TEST_F(SheetServerTest, SendsTheRestFromAnOffset) {
  client_.says(request("1", "7"));
  EXPECT_EQ(reply(), "world\n");
}

TEST_F(SheetServerTest, SendsTheRestToAResumingClient) {
  client_.says(request("2", "12"));
  EXPECT_EQ(reply(), "\n");
}

TEST_F(SheetServerTest, AcceptsFieldsByteByByte) {
  client_.says_bytewise(request("1", "7"), 1s);
  EXPECT_EQ(reply(), "world\n");
}

TEST_F(SheetServerTest, AcceptsTenDigitsWithoutNul) {
  client_.says(request("1", "0000000007"));
  EXPECT_EQ(reply(), "world\n");
}

TEST_F(SheetServerTest, SendsNothingFromTheEndOfTheFile) {
  client_.says(request("2", "13"));
  EXPECT_EQ(reply(), "");
  EXPECT_TRUE(client_.finished);
}

TEST_F(SheetServerTest, RejectsAnOffsetBeyondTheEnd) {
  client_.says(request("1", "14"));
  EXPECT_EQ(serve_error(), "offset 14 is beyond the end of notes.txt (13 bytes)");
  EXPECT_EQ(client_.written(), "");
}

TEST_F(SheetServerTest, RejectsInvalidOffsets) {
  client_.says(request("1", "-1"));
  EXPECT_EQ(serve_error(), "bad offset \"-1\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\"");
  EXPECT_EQ(client_.written(), "");
}

TEST_F(SheetServerTest, RejectsUnknownCommands) {
  client_.says("7\0"s);
  EXPECT_EQ(serve_error(), R"(unknown command "7\x00")");
}

TEST_F(SheetServerTest, RejectsATruncatedCommand) {
  client_.says("1");
  EXPECT_EQ(serve_error(), "the peer closed the connection after 1 of 2 bytes");
}

TEST_F(SheetServerTest, RejectsATruncatedOffset) {
  client_.says("1\00012"s);
  EXPECT_EQ(serve_error(), "the peer closed the connection after 2 of 10 bytes");
}

TEST_F(SheetServerTest, TricklingBytesDoNotExtendTheRequestDeadline) {
  client_.says("1").says_bytewise(request("1", "7").substr(1), 4s);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 30s);
}

TEST_F(SheetServerTest, SilentClientHasTheServersDeadline) {
  client_.is_silent();
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 300s);
}

TEST_F(SheetServerTest, IgnoresAClientThatSendsNothing) {
  EXPECT_EQ(reply(), "");
  EXPECT_TRUE(files_.log.lines.empty());
}

TEST_F(SheetServerTest, FailsWithoutADefaultFile) {
  ServedDirectory none;
  ScriptedStream client(none.network);
  client.says("0\0"s);
  EXPECT_EQ(thrown_by<ProtocolError>([&] { none.serve(client); }),
            "request on the sheet's wire, but no default file is set");
}

TEST_F(SheetServerTest, ReportsAFileThatShrinksWhileSent) {
  files_.put("notes.txt", std::string(600 * 1024, 'x'));
  client_.says("0\0"s);
  client_.before_write = [&] {
    std::filesystem::resize_file(files_.directory.path("served/notes.txt"), 300 * 1024);
  };
  EXPECT_EQ(serve_error(), "notes.txt was truncated while being sent, at byte 307200 of 614400");
  EXPECT_FALSE(client_.finished);
}

TEST_F(SheetServerTest, SendsNoMoreThanTheSizeAtOpen) {
  client_.says("0\0"s);
  client_.before_write = [&] { files_.put("notes.txt", "hello, world\nand more"); };
  EXPECT_EQ(reply(), "hello, world\n");
}

TEST_F(SheetServerTest, StallTimeoutAppliesToEach256KibChunk) {
  files_.put("notes.txt", std::string(600 * 1024, 'x'));
  client_.says("0\0"s).takes(300 * 1024);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 60s);
  EXPECT_EQ(client_.written().size(), 300u * 1024);
}

TEST_F(SheetServerTest, DrainsTheClientBeforeClosing) {
  client_.says("0\0"s).says("and more than was asked for");
  reply();
  EXPECT_EQ(client_.unread(), 0u);
}

}  // namespace
}  // namespace netlab
