#include <gtest/gtest.h>

#include "support/served_directory.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class SheetServer : public testing::Test {
 protected:
  SheetServer() {
    files_.put("notes.txt", "hello, world\n");
    client_.set_deadline(add_saturating(files_.network.now(), 300s));
  }

  std::string answer() {
    files_.serve(client_);
    return client_.written();
  }
  std::string complaint() {
    return thrown_by<ProtocolError>([&] { files_.serve(client_); });
  }
  static std::string request(const char* command, std::string digits) {
    digits.resize(10, '\0');
    return command + "\0"s + digits;
  }

  ServedDirectory files_{"notes.txt"};
  ScriptedStream client_{files_.network};
};

TEST_F(SheetServer, SendsTheWholeFile) {
  client_.says("0\0"s);
  EXPECT_EQ(answer(), "hello, world\n");
  EXPECT_TRUE(client_.finished);
  EXPECT_EQ(files_.log.lines,
            (std::vector<std::string>{"sending notes.txt to 127.0.0.1:4711: 13 bytes from 0",
                                      "sent notes.txt to 127.0.0.1:4711: 13 bytes from 0"}));
}

TEST_F(SheetServer, SendsTheRestFromAnOffset) {
  client_.says(request("1", "7"));
  EXPECT_EQ(answer(), "world\n");
}

TEST_F(SheetServer, SendsWhatAResumingClientLacks) {
  client_.says(request("2", "12"));
  EXPECT_EQ(answer(), "\n");
}

TEST_F(SheetServer, TakesFieldsInPiecesOfOneByte) {
  client_.says_bytewise(request("1", "7"), 1s);
  EXPECT_EQ(answer(), "world\n");
}

TEST_F(SheetServer, TakesTenDigitsWithoutNul) {
  client_.says(request("1", "0000000007"));
  EXPECT_EQ(answer(), "world\n");
}

TEST_F(SheetServer, SendsNothingToWhoHasAll) {
  client_.says(request("2", "13"));
  EXPECT_EQ(answer(), "");
  EXPECT_TRUE(client_.finished);
}

TEST_F(SheetServer, RefusesAnOffsetBeyondTheEnd) {
  client_.says(request("1", "14"));
  EXPECT_EQ(complaint(), "offset 14 is beyond the end of notes.txt at 13");
  EXPECT_EQ(client_.written(), "");
}

TEST_F(SheetServer, RefusesWhatIsNoOffset) {
  client_.says(request("1", "-1"));
  EXPECT_NE(complaint(), "");
  EXPECT_EQ(client_.written(), "");
}

TEST_F(SheetServer, RefusesAnUnknownCommand) {
  client_.says("7\0"s);
  EXPECT_EQ(complaint(), R"(unknown command "7\x00")");
}

TEST_F(SheetServer, RefusesACommandThatIsNotWholeWhenTheClientFinishes) {
  client_.says("1");
  EXPECT_EQ(complaint(), "the peer finished after 1 of 2 bytes");
}

TEST_F(SheetServer, RefusesAnOffsetThatIsNotWholeWhenTheClientFinishes) {
  client_.says("1\00012"s);
  EXPECT_EQ(complaint(), "the peer finished after 2 of 10 bytes");
}

TEST_F(SheetServer, GivesTheRequestThirtySecondsWhateverTrickles) {
  client_.says("1").says_bytewise(request("1", "7").substr(1), 4s);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 30s);
}

TEST_F(SheetServer, GivesASilentClientTheTimeThatTheServerSet) {
  client_.is_silent();
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 300s);
}

TEST_F(SheetServer, DoesNotMindAClientThatLeavesWithoutAWord) {
  EXPECT_EQ(answer(), "");
  EXPECT_TRUE(files_.log.lines.empty());
}

TEST_F(SheetServer, HasNothingForItsClientsWhenNoFileIsSet) {
  ServedDirectory none;
  ScriptedStream client(none.network);
  client.says("0\0"s);
  EXPECT_EQ(thrown_by<ProtocolError>([&] { none.serve(client); }),
            "asks in the sheet's way, but no file is set for that (--sheet-file)");
}

TEST_F(SheetServer, SaysThatTheFileBecameShorterWhileItWasSent) {
  files_.put("notes.txt", std::string(600 * 1024, 'x'));
  client_.says("0\0"s);
  client_.before_write = [&] {
    std::filesystem::resize_file(files_.directory.path("served/notes.txt"), 300 * 1024);
  };
  EXPECT_EQ(complaint(), "notes.txt has become shorter while it was sent: 307200 of 614400 bytes");
  EXPECT_FALSE(client_.finished);
}

TEST_F(SheetServer, SendsNoMoreThanTheFileHadWhenItWasOpened) {
  client_.says("0\0"s);
  client_.before_write = [&] { files_.put("notes.txt", "hello, world\nand more"); };
  EXPECT_EQ(answer(), "hello, world\n");
}

TEST_F(SheetServer, GivesEach256KibOfTheFileAMinute) {
  files_.put("notes.txt", std::string(600 * 1024, 'x'));
  client_.says("0\0"s).takes(300 * 1024);
  EXPECT_EQ(error_of([&] { files_.serve(client_); }), ETIMEDOUT);
  EXPECT_EQ(files_.network.passed(), 60s);
  EXPECT_EQ(client_.written().size(), 300u * 1024);
}

TEST_F(SheetServer, WaitsForTheClientToFinishSoThatNothingIsLost) {
  client_.says("0\0"s).says("and more than was asked for");
  answer();
  EXPECT_EQ(client_.unread(), 0u);
}

}  // namespace
}  // namespace netlab
