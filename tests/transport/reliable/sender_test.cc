// Which bytes go into the next packet.
#include "transport/reliable/sender.h"

#include <gtest/gtest.h>

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t payload = base_packet_size - data_header_size;

class SenderTest : public testing::Test {
 protected:
  using Offsets = std::vector<std::uint64_t>;

  SenderTest() { begin({.window = 1000, .max_data = 1'000'000}); }

  void begin(const TransportParameters& parameters) {
    sender_.emplace(parameters, settings_, 1);
    sender_->on_rtt_sample(now_, 100ms);
  }
  void write(std::size_t bytes) {
    ASSERT_GE(sender_->buffer().room().size(), bytes);
    sender_->buffer().written(bytes);
  }
  // Returns the offsets of the data that is sent now.
  Offsets sent() {
    Offsets offsets;
    for (;;) {
      const Batch batch = sender_->transmit(now_, 1, room_);
      if (batch.bytes == 0) return offsets;
      for (std::size_t at = 0; at < batch.bytes; at += batch.segment) {
        const auto rest = std::span<const std::byte>(room_).subspan(at, batch.bytes - at);
        const auto packet = parse(rest.first(std::min(rest.size(), batch.segment)));
        if (const auto* const data = packet ? std::get_if<Data>(&packet->body) : nullptr)
          offsets.push_back(data->offset);
      }
    }
  }
  // Returns the offsets that are sent at the next timeout.
  Offsets sent_at_timeout() {
    now_ = sender_->next_timeout();
    sender_->on_timeout(now_);
    return sent();
  }
  // Acknowledges these packets, and all bytes before the offset.
  void acknowledge(std::uint64_t first, std::uint64_t last, std::uint64_t cumulative_ack) {
    Ack ack{.largest = last, .cumulative_ack = cumulative_ack, .max_data = 1'000'000};
    ack.count = 1;
    ack.ranges[0] = {first, last + 1};
    sender_->on_acknowledgement(now_, ack);
  }
  std::uint64_t last_number() const { return sender_->recovery().next_number() - 1; }

  Instant now_ = Instant(1h);
  Settings settings_;
  std::optional<Sender> sender_;
  std::vector<std::byte> room_ = std::vector<std::byte>(max_packet_size);
};

// RFC 9002 section 6.2.4: one probe, and two from the second timeout on.
TEST_F(SenderTest, SendsTheNextBytesInTheSecondProbe) {
  write(3 * payload);
  EXPECT_EQ(sent(), (Offsets{0, payload, 2 * payload}));
  EXPECT_EQ(sent_at_timeout(), Offsets{0});
  EXPECT_EQ(sent_at_timeout(), (Offsets{0, payload}));
  EXPECT_EQ(sent_at_timeout(), (Offsets{0, payload}));  // starts at the oldest again
}

TEST_F(SenderTest, ProbesTwiceWithTheSameBytesIfThereAreNoOthers) {
  write(100);
  EXPECT_EQ(sent(), Offsets{0});
  EXPECT_EQ(sent_at_timeout(), Offsets{0});
  EXPECT_EQ(sent_at_timeout(), (Offsets{0, 0}));
}

TEST_F(SenderTest, DoesNotProbeAcknowledgedBytes) {
  write(3 * payload);
  sent();
  sent_at_timeout();
  const std::uint64_t first = sender_->recovery().sent_packets().first();
  acknowledge(first, first, payload);
  EXPECT_EQ(sent(), Offsets{});
  EXPECT_EQ(sent_at_timeout(), Offsets{payload});
  EXPECT_EQ(sent_at_timeout(), (Offsets{payload, 2 * payload}));
}

// Probes are small, because the path may drop large packets: here, they are the two halves of one
// packet. The first half is lost; the receiver drops the second, which fills the window of one
// packet.
TEST_F(SenderTest, ProbesLostBytesBeforeBytesInFlight) {
  begin({.strategy = Strategy::stop_and_wait,
         .max_datagram = 1392,
         .window = 1,
         .max_data = 1'000'000});
  write(4 * payload);
  std::uint64_t first = 0;
  for (int probed = 0; probed < 2; ++probed) {  // 1232 and 1392 bytes
    EXPECT_EQ(sent(), Offsets{first});
    first += sender_->mtu().size() - data_header_size;
    acknowledge(last_number() - 1, last_number(), first);
  }
  ASSERT_EQ(sender_->mtu().size(), 1392u);
  sent();
  sent_at_timeout();
  sent_at_timeout();
  EXPECT_EQ(sent_at_timeout(), (Offsets{first, first + payload}));
  sender_->on_acknowledgement(
      now_, {.largest = last_number(), .cumulative_ack = first, .max_data = 1'000'000});
  EXPECT_EQ(sent(), Offsets{});
  EXPECT_EQ(sent_at_timeout(), Offsets{});  // the first is lost now
  EXPECT_EQ(sent_at_timeout(), (Offsets{first, first + payload}));
}

}  // namespace
}  // namespace netlab::reliable
