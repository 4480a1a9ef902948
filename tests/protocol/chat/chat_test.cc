#include "protocol/chat/chat.h"

#include <gtest/gtest.h>

#include "protocol/echo/echo.h"
#include "support/event_log.h"
#include "support/scripted_stream.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

class ChatTest : public testing::Test {
 protected:
  ChatTest() { client_.set_deadline(add_saturating(network_.now(), 300s)); }

  void serve() { serve_chat(chat_, client_, network_); }
  void send_mebibytes(std::size_t count) {
    const std::string piece(64 * 1024, 'x');
    for (std::size_t i = 0; i < count * 16; ++i) client_.says(piece);
  }

  VirtualNetwork network_;
  ScriptedStream client_{network_};
  EventLog log_;
  std::vector<std::string> messages_;
  Chat chat_{.reply =
                 [this](const std::string& message) {
                   messages_.push_back(message);
                   return std::optional<std::string>("hello yourself");
                 },
             .sink = log_.sink()};
};

TEST_F(ChatTest, RepliesToAClientThatDoesNotHalfClose) {
  client_.says("hello").is_silent();
  serve();
  EXPECT_EQ(messages_, Texts{"hello"});
  EXPECT_EQ(client_.written(), "hello yourself");
  EXPECT_TRUE(client_.finished);
}

TEST_F(ChatTest, JoinsThePiecesOfAMessage) {
  client_.says_bytewise("hello, ", 99ms).says("wor").says("ld").is_silent();
  serve();
  EXPECT_EQ(messages_, Texts{"hello, world"});
}

TEST_F(ChatTest, PauseEndsTheMessage) {
  client_.says("hello").pauses(101ms).says("too late").is_silent();
  serve();
  EXPECT_EQ(messages_, Texts{"hello"});
}

TEST_F(ChatTest, EndOfStreamEndsTheMessageAtOnce) {
  client_.says("hello");
  serve();
  EXPECT_EQ(messages_, Texts{"hello"});
  EXPECT_EQ(network_.passed(), 0s);
}

TEST_F(ChatTest, RepliesToAnEmptyMessage) {
  serve();
  EXPECT_EQ(messages_, Texts{""});
  EXPECT_EQ(client_.written(), "hello yourself");
}

TEST_F(ChatTest, FirstByteHasTheServersDeadline) {
  client_.is_silent();
  EXPECT_EQ(error_of([&] { serve(); }), ETIMEDOUT);
  EXPECT_EQ(network_.passed(), 300s);
  EXPECT_EQ(messages_, Texts{});
}

TEST_F(ChatTest, TricklingBytesDoNotExtendTheMessageDeadline) {
  client_.says_bytewise(std::string(1000, 'x'), 99ms);
  EXPECT_EQ(error_of([&] { serve(); }), ETIMEDOUT);
  EXPECT_EQ(network_.passed(), 60s + 99ms);
}

TEST_F(ChatTest, AcceptsAMessageOfTheMaximumSize) {
  send_mebibytes(max_message / 1024 / 1024);
  serve();
  ASSERT_EQ(messages_.size(), 1u);
  EXPECT_EQ(messages_[0].size(), max_message);
}

TEST_F(ChatTest, RejectsAMessageOneByteLonger) {
  send_mebibytes(max_message / 1024 / 1024);
  client_.says("x");
  EXPECT_EQ(thrown_by<ProtocolError>([&] { serve(); }), "message is longer than 16777216 bytes");
  EXPECT_EQ(messages_, Texts{});
}

TEST_F(ChatTest, SendsNothingWithoutAReply) {
  chat_.reply = [](const std::string&) { return std::nullopt; };
  client_.says("hello").is_silent();
  serve();
  EXPECT_EQ(client_.written(), "");
  EXPECT_TRUE(client_.finished);
}

TEST_F(ChatTest, TimesOutAClientThatDoesNotReadTheReply) {
  client_.says("hello").is_silent().takes(3);
  EXPECT_EQ(error_of([&] { serve(); }), ETIMEDOUT);
  EXPECT_EQ(network_.passed(), 100ms + 60s);
}

TEST_F(ChatTest, LogsTheClientTheMessageAndTheReply) {
  client_.says("hi\n\x1b[2J").is_silent();
  serve();
  EXPECT_EQ(log_.lines, (Texts{"handling client 127.0.0.1:4711",
                               R"(received 7 bytes from 127.0.0.1:4711: hi\n\x1b[2J)",
                               "sent 14 bytes to 127.0.0.1:4711: hello yourself"}));
}

class EchoTest : public ChatTest {
 protected:
  void serve() { serve_echo({.sink = log_.sink()}, client_, network_); }
};

TEST_F(EchoTest, EchoesEachPieceAsItArrives) {
  client_.says("hello").says_bytewise("you").pauses(299s).says("still here");
  serve();
  EXPECT_EQ(client_.writes, (Texts{"hello", "y", "o", "u", "still here"}));
  EXPECT_EQ(log_.lines, Texts{"echoed 18 bytes to 127.0.0.1:4711"});
}

TEST_F(EchoTest, TimesOutAnIdleClient) {
  client_.says("hello").pauses(301s).says("too late");
  EXPECT_EQ(error_of([&] { serve(); }), ETIMEDOUT);
  EXPECT_EQ(client_.written(), "hello");
}

TEST_F(EchoTest, TimesOutAClientThatDoesNotRead) {
  client_.says("hello").takes(2);
  EXPECT_EQ(error_of([&] { serve(); }), ETIMEDOUT);
  EXPECT_EQ(network_.passed(), 60s);
}

TEST_F(EchoTest, PropagatesAReset) {
  client_.says("hello").fails(ECONNRESET);
  EXPECT_EQ(error_of([&] { serve(); }), ECONNRESET);
}

}  // namespace
}  // namespace netlab
