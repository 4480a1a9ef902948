#include "transport/reliable/receiver.h"

#include <algorithm>

namespace netlab::reliable {
namespace {
constexpr unsigned int max_packets_per_ack = 2;  // RFC 9000 section 13.2.2
}

Receiver::Receiver(const Arq& arq, std::uint32_t window, const Settings& settings)
    : arq_(arq),
      // With a window of one packet, no second packet arrives before the acknowledgement.
      packets_per_ack_(arq.window(std::min(max_packets_per_ack, window))),
      ack_delay_(settings.ack_delay),
      buffer_(settings.receive_buffer),
      advertised_max_data_(initial_max_data(settings.receive_buffer)) {}

void Receiver::on_data(Instant now, const Data& data) {
  const std::uint64_t before = buffer_.cumulative_ack();
  const bool keep = arq_.buffers_out_of_order(data.offset, before) &&
                    buffer_.store(data.offset, data.payload, data.last);
  on_received(now, data.number, keep);
  // Acknowledge a gap, a filled gap, a duplicate and the end of the stream at once.
  const std::uint64_t end = data.offset + data.payload.size() + (data.last ? 1 : 0);
  if (buffer_.cumulative_ack() != end || data.last) acknowledge_now();
}

void Receiver::on_ping(Instant now, const Ping& ping) {
  on_received(now, ping.number, true);
  acknowledge_now();
}

void Receiver::on_received(Instant now, std::uint64_t number, bool kept) {
  if (kept) {
    kept_.add({number, number + 1});
    kept_.keep_highest(max_ranges);
  }
  if (!any_received_ || number > largest_) {
    any_received_ = true;
    largest_ = number;
    largest_received_at_ = now;
  }
  if (++unacknowledged_ >= packets_per_ack_)
    acknowledge_now();
  else
    ack_time_ = std::min(ack_time_, now + ack_delay_);
}

void Receiver::acknowledge_now() {
  if (unacknowledged_ > 0) ack_time_ = Instant::min();
}

// A window update is sent only when it is large enough to be worth a packet: silly window syndrome
// avoidance (RFC 1122 section 4.2.3.3).
void Receiver::consumed(std::size_t bytes) {
  buffer_.consumed(bytes);
  if (any_received_ &&
      buffer_.max_data() - advertised_max_data_ >= std::max<std::size_t>(buffer_.window() / 4, 1))
    ack_time_ = Instant::min();
}

Ack Receiver::acknowledge(Instant now) {
  Ack ack;
  ack.largest = largest_;
  ack.cumulative_ack = buffer_.cumulative_ack();
  ack.max_data = advertised_max_data_ = buffer_.max_data();
  ack.delay = std::chrono::duration_cast<std::chrono::microseconds>(now - largest_received_at_);
  std::uint64_t& slot = acked_largest_[acks_sent_++ % acked_largest_.size()];
  kept_.remove_below(slot);
  slot = largest_;
  arq_.fill_ack(kept_, ack);
  unacknowledged_ = 0;
  ack_time_ = never;
  return ack;
}

}  // namespace netlab::reliable
