// When packets are declared lost and when the sender probes: RFC 9002 section 6, with its numbers.
#include "transport/reliable/recovery.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

// A congestion control that records its calls.
class RecordingCongestion : public Congestion {
 public:
  void on_acknowledged(const AckEvent& event, const RttEstimator&) override {
    bytes += event.bytes;
  }
  void on_lost(Instant, Instant, std::uint64_t lost) override { bytes_lost += lost; }
  void on_persistent_congestion() override { ++persistent_congestions; }
  void set_max_datagram_size(std::uint64_t) override {}
  std::uint64_t window() const override { return room; }
  double pacing_rate(const RttEstimator&) const override { return 0; }

  std::uint64_t bytes = 0;
  std::uint64_t bytes_lost = 0;
  int persistent_congestions = 0;
  std::uint64_t room = 1'000'000;
};

class RecoveryTest : public testing::Test {
 protected:
  RecoveryTest() { recovery_.on_rtt_sample(now_, 100ms); }

  void send(int packets = 1, std::uint32_t size = 1200) {
    for (int i = 0; i < packets; ++i) {
      recovery_.on_sent({.sent = now_, .offset = sent_, .bytes = size, .size = size});
      sent_ += size;
    }
  }
  // Acknowledges the packets from `first` to `last`; numbers start at 0.
  AckResult acknowledge(std::uint64_t first, std::uint64_t last) {
    Ack ack{.largest = last};
    ack.count = 1;
    ack.ranges[0] = {first, last + 1};
    return recovery_.on_acknowledgement(now_, ack);
  }

  Instant now_ = Instant(1h);
  std::uint64_t sent_ = 0;
  RecordingCongestion* const congestion_ = new RecordingCongestion;  // owned by recovery_
  Recovery recovery_{selective_repeat(), std::unique_ptr<Congestion>(congestion_), 1000, 0, 1200};
};

TEST_F(RecoveryTest, DeclaresLossAfterThreeLaterPackets) {
  send(5);
  now_ += 100ms;
  EXPECT_TRUE(acknowledge(1, 2).lost.empty());
  const auto lost = acknowledge(3, 3).lost;
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost.front().offset, 0u);
  EXPECT_EQ(congestion_->bytes_lost, 1200u);
}

// Section 6.1.2: 9/8 of a round trip after the packet was sent.
TEST_F(RecoveryTest, DeclaresLossAfterTheTimeThreshold) {
  send(2);
  const Instant sent = now_;
  now_ += 100ms;
  acknowledge(1, 1);
  EXPECT_EQ(recovery_.next_timeout(), sent + 112500us);
  EXPECT_TRUE(recovery_.on_timeout(now_ = sent + 112ms).empty());
  EXPECT_EQ(recovery_.on_timeout(now_ = sent + 112500us).size(), 1u);
}

// Section 6.2.1: smoothed RTT + max(4 * variation, 1 ms) + the peer's delay, doubled each time.
TEST_F(RecoveryTest, ProbeTimeoutDoublesEachTime) {
  send();
  const Instant sent = now_;
  const Duration first = 100ms + 4 * 50ms + 25ms;
  EXPECT_EQ(recovery_.next_timeout(), sent + first);
  EXPECT_TRUE(recovery_.on_timeout(now_ = sent + first).empty());  // probed, not declared lost
  EXPECT_TRUE(recovery_.probe_pending());
  send();
  EXPECT_FALSE(recovery_.probe_pending());
  EXPECT_EQ(recovery_.next_timeout(), now_ + 2 * first);
  recovery_.on_timeout(now_ += 2 * first);
  EXPECT_EQ(recovery_.pto_count(), 2u);
  acknowledge(0, 1);
  EXPECT_EQ(recovery_.pto_count(), 0u);
}

// Section 7.6.2: nothing that was sent in three probe timeouts was acknowledged.
TEST_F(RecoveryTest, DetectsPersistentCongestion) {
  now_ += 1ms;
  send();
  now_ += 4 * recovery_.probe_timeout();
  send();
  now_ += 1ms;
  send(3);
  now_ += 100ms;
  acknowledge(2, 4);
  EXPECT_EQ(congestion_->bytes_lost, 2400u);
  EXPECT_EQ(congestion_->persistent_congestions, 1);
}

TEST_F(RecoveryTest, AckInBetweenPreventsPersistentCongestion) {
  now_ += 1ms;
  send();
  now_ += 2 * recovery_.probe_timeout();
  send();  // this one arrives
  now_ += 2 * recovery_.probe_timeout();
  send();
  now_ += 1ms;
  send(3);
  now_ += 100ms;
  Ack ack{.largest = 5};
  ack.count = 2;
  ack.ranges[0] = {3, 6};
  ack.ranges[1] = {1, 2};
  recovery_.on_acknowledgement(now_, ack);
  EXPECT_EQ(congestion_->bytes_lost, 2400u);
  EXPECT_EQ(congestion_->persistent_congestions, 0);
}

// RFC 9002 section 7: a packet must not exceed the window.
TEST_F(RecoveryTest, SendsNoPacketBeyondTheWindow) {
  congestion_->room = 2500;
  EXPECT_TRUE(recovery_.may_send(now_));
  send(2);
  EXPECT_FALSE(recovery_.may_send(now_));
  acknowledge(0, 0);
  EXPECT_TRUE(recovery_.may_send(now_));
}

// They are sent outside of the window and do not affect it.
TEST_F(RecoveryTest, DoesNotCountPathMtuProbes) {
  recovery_.on_sent({.sent = now_, .size = 9000, .is_mtu_probe = true});
  EXPECT_EQ(recovery_.sent_packets().bytes(), 0u);
  now_ += 100ms;
  const AckResult result = acknowledge(0, 0);
  EXPECT_EQ(congestion_->bytes, 0u);
  EXPECT_EQ(result.acked_mtu_probe, 9000u);
  EXPECT_EQ(result.largest_acked_size, 0u);
}

}  // namespace
}  // namespace netlab::reliable
