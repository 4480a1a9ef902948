// When packets are taken for lost, and when the sender asks: RFC 9002 section 6, with its numbers.
#include "transport/reliable/recovery.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

// What a congestion control is told.
class Witness : public Congestion {
 public:
  void on_acknowledged(const AckEvent& event, const RttEstimator&) override {
    bytes += event.bytes;
  }
  void on_lost(Instant, Instant, std::uint64_t lost) override { bytes_lost += lost; }
  void on_persistent_congestion() override { ++collapses; }
  void set_datagram(std::uint64_t) override {}
  std::uint64_t window() const override { return room; }
  double pacing_rate(const RttEstimator&) const override { return 0; }

  std::uint64_t bytes = 0;
  std::uint64_t bytes_lost = 0;
  int collapses = 0;
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
  // The packets from the one to the other have come; the first number is 0.
  void acknowledge(std::uint64_t first, std::uint64_t last) {
    Ack ack{.largest = last};
    ack.count = 1;
    ack.ranges[0] = {first, last + 1};
    recovery_.on_acknowledgement(now_, ack);
  }

  Instant now_ = Instant(1h);
  std::uint64_t sent_ = 0;
  Witness* const witness_ = new Witness;  // the Recovery's
  Recovery recovery_{selective_repeat(), std::unique_ptr<Congestion>(witness_), 1000, 0, 1200};
};

TEST_F(RecoveryTest, TakesForLostWhatThreeHaveOvertaken) {
  send(5);
  now_ += 100ms;
  acknowledge(1, 2);
  EXPECT_TRUE(recovery_.lost().empty());
  acknowledge(3, 3);
  ASSERT_EQ(recovery_.lost().size(), 1u);
  EXPECT_EQ(recovery_.lost().front().offset, 0u);
  EXPECT_EQ(witness_->bytes_lost, 1200u);
}

// Section 6.1.2: nine eighths of a round trip after it was sent.
TEST_F(RecoveryTest, TakesForLostWhatOneHasOvertakenForLongEnough) {
  send(2);
  const Instant sent = now_;
  now_ += 100ms;
  acknowledge(1, 1);
  EXPECT_EQ(recovery_.next_timeout(), sent + 112500us);
  recovery_.on_timeout(now_ = sent + 112ms);
  EXPECT_TRUE(recovery_.lost().empty());
  recovery_.on_timeout(now_ = sent + 112500us);
  EXPECT_EQ(recovery_.lost().size(), 1u);
}

// Section 6.2.1: smoothed + max(4 * variation, 1 ms) + the peer's delay, twice as long each time.
TEST_F(RecoveryTest, AsksWhenNothingComesTwiceAsLateEachTime) {
  send();
  const Instant sent = now_;
  const Duration first = 100ms + 4 * 50ms + 25ms;
  EXPECT_EQ(recovery_.next_timeout(), sent + first);
  recovery_.on_timeout(now_ = sent + first);
  EXPECT_TRUE(recovery_.probe_pending());
  EXPECT_TRUE(recovery_.lost().empty());  // it is asked for, and not given up
  send();
  EXPECT_FALSE(recovery_.probe_pending());
  EXPECT_EQ(recovery_.next_timeout(), now_ + 2 * first);
  recovery_.on_timeout(now_ += 2 * first);
  EXPECT_EQ(recovery_.pto_count(), 2u);
  acknowledge(0, 1);
  EXPECT_EQ(recovery_.pto_count(), 0u);
}

// Section 7.6.2: nothing of what was sent in three time-outs has come.
TEST_F(RecoveryTest, CollapsesWhenAllOfALongTimeIsLost) {
  now_ += 1ms;
  send();
  now_ += 4 * recovery_.probe_timeout();
  send();
  now_ += 1ms;
  send(3);
  now_ += 100ms;
  acknowledge(2, 4);
  EXPECT_EQ(witness_->bytes_lost, 2400u);
  EXPECT_EQ(witness_->collapses, 1);
}

TEST_F(RecoveryTest, DoesNotCollapseWhenSomethingBetweenHasCome) {
  now_ += 1ms;
  send();
  now_ += 2 * recovery_.probe_timeout();
  send();  // which comes
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
  EXPECT_EQ(witness_->bytes_lost, 2400u);
  EXPECT_EQ(witness_->collapses, 0);
}

// RFC 9002 section 7: no packet that would go beyond the window.
TEST_F(RecoveryTest, SendsNoPacketThatTheWindowHasNoRoomFor) {
  witness_->room = 2500;
  EXPECT_TRUE(recovery_.may_send(now_));
  send(2);
  EXPECT_FALSE(recovery_.may_send(now_));
  acknowledge(0, 0);
  EXPECT_TRUE(recovery_.may_send(now_));
}

// They are sent beside the window, and say nothing about it.
TEST_F(RecoveryTest, CountsNoProbeOfThePathsMtu) {
  recovery_.on_sent({.sent = now_, .size = 9000, .is_mtu_probe = true});
  EXPECT_EQ(recovery_.sent_packets().bytes(), 0u);
  now_ += 100ms;
  acknowledge(0, 0);
  EXPECT_EQ(witness_->bytes, 0u);
  EXPECT_EQ(recovery_.acked_mtu_probe(), 9000u);
}

}  // namespace
}  // namespace netlab::reliable
