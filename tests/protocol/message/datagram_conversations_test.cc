#include "protocol/message/datagram_conversations.h"

#include <gtest/gtest.h>

#include "base/datagram_limits.h"
#include "protocol/echo/echo.h"
#include "support/calculator.h"
#include "support/event_log.h"
#include "support/scripted_datagrams.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

class DatagramConversationsTest : public testing::Test {
 protected:
  void serve() {
    EXPECT_EQ(error_of([&] { converse(talk_, peers_); }), ECANCELED);
  }
  Texts sent_to(std::uint16_t port) { return peers_.sent[port]; }

  ScriptedDatagrams peers_;
  EventLog log_;
  DatagramTalk talk_{.begin = [] { return std::make_unique<Calculator>(); }, .sink = log_.sink()};
};

TEST_F(DatagramConversationsTest, KeepsOneConversationPerPeer) {
  peers_.says(4001, "1").says(4002, "10").says(4001, "2").pauses().says(4002, "20");
  serve();
  EXPECT_EQ(sent_to(4001), (Texts{"1", "3"}));
  EXPECT_EQ(sent_to(4002), (Texts{"10", "30"}));
}

TEST_F(DatagramConversationsTest, ForgetsIdlePeers) {
  talk_.idle_timeout = 10s;
  peers_.says(4001, "1").pauses(9s).says(4001, "2").pauses(11s).says(4001, "4");
  serve();
  EXPECT_EQ(sent_to(4001), (Texts{"1", "3", "4"}));
}

TEST_F(DatagramConversationsTest, RejectsPeersBeyondMaxPeers) {
  talk_.max_peers = 2;
  talk_.idle_timeout = 10s;
  peers_.says(4001, "1").says(4002, "1").says(4003, "1").pauses(11s).says(4003, "1");
  serve();
  EXPECT_EQ(sent_to(4003), Texts{"1"});
  EXPECT_EQ(log_.lines[4], "no reply to 127.0.0.1:4003: too many peers");
}

TEST_F(DatagramConversationsTest, AnswersEmptyAndBinaryMessages) {
  talk_ = {.begin = [] { return std::make_unique<MessageEcho>(); }, .stateless = true};
  const std::string bytes("\0\xff\n\x1b", 4);
  peers_.says(4001, "").says(4002, bytes).says(4003, std::string(max_datagram, 'x'));
  serve();
  EXPECT_EQ(sent_to(4001), Texts{""});
  EXPECT_EQ(sent_to(4002), Texts{bytes});
  EXPECT_EQ(sent_to(4003), Texts{std::string(max_datagram, 'x')});
}

TEST_F(DatagramConversationsTest, OnceEndsAfterAConversation) {
  talk_.once = true;
  peers_.says(4001, "1").says(4001, "bye").says(4002, "2");
  converse(talk_, peers_);
  EXPECT_EQ(sent_to(4001), (Texts{"1", "The sum is 1"}));
  EXPECT_EQ(sent_to(4002), Texts{});
}

TEST_F(DatagramConversationsTest, OnceFailsWhenItsLastPeerTimesOut) {
  talk_.once = true;
  talk_.idle_timeout = 10s;
  peers_.says(4001, "1").pauses(9s).says(4002, "1").pauses(9s).says(4002, "2").pauses(11s).says(
      4003, "bye");
  EXPECT_EQ(thrown_by<SystemError>([&] { converse(talk_, peers_); }),
            "wait for 127.0.0.1:4002: Connection timed out");
  EXPECT_EQ(sent_to(4002), (Texts{"1", "3"}));
}

TEST_F(DatagramConversationsTest, ContinuesAfterAnUnreachablePeer) {
  peers_.says(4001, "1").says(ScriptedDatagrams::unreachable, "1").says(4002, "2");
  serve();
  EXPECT_EQ(sent_to(4001), Texts{"1"});
  EXPECT_EQ(sent_to(4002), Texts{"2"});
}

TEST_F(DatagramConversationsTest, LogsMessagesAndAnswers) {
  peers_.says(4001, "1\x1b");
  serve();
  EXPECT_EQ(log_.lines, (Texts{"received 2 bytes from 127.0.0.1:4001: 1\\x1b",
                               "sent 12 bytes to 127.0.0.1:4001: Not a number"}));
}

// CERT VU#417980: two servers that answer each other's answers never stop.
TEST_F(DatagramConversationsTest, DoesNotAnswerAnswers) {
  peers_.says(0, "1").says(8888, "1").says(7, "1").says(1023, "1").says(4001, "1", reply_ttl);
  peers_.says(1024, "1").says(4002, "1", reply_ttl + 1).says(4003, "1", 0);
  serve();
  EXPECT_EQ(peers_.hops_set, reply_ttl);
  for (const std::uint16_t port : {0, 8888, 7, 1023, 4001}) EXPECT_EQ(sent_to(port), Texts{});
  for (const std::uint16_t port : {1024, 4002, 4003}) EXPECT_EQ(sent_to(port), Texts{"1"});
}

TEST(Unanswerable, IncludesTruncatedDatagrams) {
  EXPECT_NE(unanswerable({.bytes = {}, .peer = Address::loopback(4001), .truncated = true}, 8888),
            "");
}

}  // namespace
}  // namespace netlab
