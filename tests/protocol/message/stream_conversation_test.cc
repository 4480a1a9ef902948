#include "protocol/message/stream_conversation.h"

#include <gtest/gtest.h>

#include "protocol/message/line_framing.h"
#include "support/calculator.h"
#include "support/event_log.h"
#include "support/scripted_stream.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class StreamConversationTest : public testing::Test {
 protected:
  StreamConversationTest() { client_.set_deadline(add_saturating(network_.now(), 300s)); }

  std::string conversation() {
    Calculator calculator;
    LineFraming lines(client_);
    converse({.sink = log_.sink()}, calculator, lines, client_, network_);
    return client_.written();
  }

  VirtualNetwork network_;
  ScriptedStream client_{network_};
  EventLog log_;
};

TEST_F(StreamConversationTest, RunsFromTheGreetingToTheEnd) {
  client_.says("1\n2\nx\nbye\n4\n");
  EXPECT_EQ(conversation(),
            "Numbers to add, one a message; bye\n1\n3\nNot a number\nThe sum is 3\n");
  EXPECT_TRUE(client_.finished);
}

TEST_F(StreamConversationTest, AcceptsAnyPiecesAndCarriageReturns) {
  client_.says_bytewise("12\r\nb").says("ye\n");
  EXPECT_EQ(conversation(), "Numbers to add, one a message; bye\n12\nThe sum is 12\n");
}

TEST_F(StreamConversationTest, EndOfStreamEndsALine) {
  client_.says("1\nbye");
  EXPECT_EQ(conversation(), "Numbers to add, one a message; bye\n1\nThe sum is 1\n");
}

TEST_F(StreamConversationTest, EndsWhenTheClientFinishes) {
  client_.says("1\n");
  EXPECT_EQ(conversation(), "Numbers to add, one a message; bye\n1\n");
  EXPECT_EQ(log_.lines.size(), 3u);
}

TEST_F(StreamConversationTest, AcceptsALineOfTheMaximumSize) {
  client_.says(std::string(LineFraming::max_line, 'x') + "\n");
  EXPECT_TRUE(conversation().ends_with("Not a number\n"));
}

TEST_F(StreamConversationTest, RejectsALineOneByteLonger) {
  client_.says(std::string(LineFraming::max_line + 1, 'x') + "\n");
  EXPECT_EQ(thrown_by<ProtocolError>([&] { conversation(); }), "a line of more than 4096 bytes");
}

TEST_F(StreamConversationTest, EachMessageHasItsOwnDeadline) {
  client_.says("1\n").pauses(299s).says("2\n").pauses(301s).says("3\n");
  EXPECT_EQ(error_of([&] { conversation(); }), ETIMEDOUT);
  EXPECT_EQ(network_.passed(), 599s);
}

}  // namespace
}  // namespace netlab
