// When the packets of the handshake are repeated, and which of their replies give an RTT sample.
#include "transport/reliable/handshake.h"

#include <gtest/gtest.h>

#include "support/start.h"

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

class HandshakeTest : public testing::Test {
 protected:
  void retry(Instant now) { client_.on_retry(now, {std::as_bytes(std::span("token", 5))}); }

  Handshake client_{Handshake::Role::client};
  Handshake server_{Handshake::Role::server};
};

TEST_F(HandshakeTest, SendsOnePacketAtFirst) {
  for (Handshake* const handshake : {&client_, &server_}) {
    EXPECT_TRUE(handshake->is_pending());
    handshake->on_sent(start);
    EXPECT_FALSE(handshake->is_pending());
  }
}

// Without an RTT sample the timeout is 333 ms + 4 * 166.5 ms; two seconds is the limit.
TEST_F(HandshakeTest, HelloTimeoutDoublesUpToALimit) {
  client_.on_sent(start);
  EXPECT_EQ(client_.hello_timeout(), 999ms);
  client_.on_sent(start);
  EXPECT_EQ(client_.hello_timeout(), 1998ms);
  for (int i = 0; i < 100; ++i) {
    client_.on_sent(start);
    EXPECT_EQ(client_.hello_timeout(), 2s);
  }
}

TEST_F(HandshakeTest, RetryCausesAHelloWithItsToken) {
  EXPECT_TRUE(client_.token().empty());
  client_.on_sent(start);
  retry(start + 10ms);
  EXPECT_TRUE(client_.is_pending());
  EXPECT_EQ(client_.token().size(), 5u);
  client_.on_sent(start + 10ms);
  EXPECT_EQ(client_.hello_timeout(), 30ms);  // 10 ms + 4 * 5 ms
  EXPECT_EQ(client_.complete(start + 22ms), 12ms);
}

TEST_F(HandshakeTest, IgnoresTheNinthRetry) {
  for (int i = 0; i < 8; ++i) {
    client_.on_sent(start);
    retry(start);
    EXPECT_TRUE(client_.is_pending());
  }
  client_.on_sent(start);
  retry(start);
  EXPECT_FALSE(client_.is_pending());
}

TEST_F(HandshakeTest, RepeatedPacketGivesNoSample) {
  for (Handshake* const handshake : {&client_, &server_}) {
    handshake->on_sent(start);
    handshake->retransmit();
    EXPECT_TRUE(handshake->is_pending());
    handshake->on_sent(start + 1s);
    EXPECT_EQ(handshake->complete(start + 1s + 5ms), std::nullopt);
  }
}

TEST_F(HandshakeTest, GivesOneSample) {
  for (Handshake* const handshake : {&client_, &server_}) {
    handshake->on_sent(start);
    EXPECT_EQ(handshake->complete(start + 5ms), 5ms);
    EXPECT_EQ(handshake->complete(start + 6ms), std::nullopt);
  }
}

TEST_F(HandshakeTest, RepeatsNothingOnceComplete) {
  server_.on_sent(start);
  server_.complete(start);
  server_.retransmit();
  EXPECT_FALSE(server_.is_pending());
}

// The client may have waited before its first packet.
TEST_F(HandshakeTest, ServerTakesNoLongSample) {
  client_.on_sent(start);
  server_.on_sent(start);
  EXPECT_EQ(client_.complete(start + 333ms), 333ms);
  EXPECT_EQ(server_.complete(start + 333ms), std::nullopt);
}

}  // namespace
}  // namespace netlab::reliable
