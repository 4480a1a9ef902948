#include "transport/reliable/receiver.h"

#include <algorithm>

namespace netlab::reliable {
namespace {
constexpr unsigned int packets_an_ack = 2;  // RFC 9000 section 13.2.2
}

Receiver::Receiver(const Arq& arq, std::uint32_t window, const Settings& settings)
    : arq_(arq),
      // No second one comes before, if it is one.
      packets_an_ack_(arq.window(std::min(packets_an_ack, window))),
      ack_delay_(settings.ack_delay),
      buffer_(settings.receive_buffer),
      told_limit_(first_limit(settings.receive_buffer)) {}

void Receiver::on_data(Instant now, const Data& data) {
  const std::uint64_t before = buffer_.received_to();
  const bool keep =
      arq_.keeps(data.offset, before) && buffer_.store(data.offset, data.payload, data.last);
  came(now, data.number, keep);
  // A gap, one that was closed, what is known already, and the end: the sender waits for this.
  const std::uint64_t end = data.offset + data.payload.size() + (data.last ? 1 : 0);
  if (buffer_.received_to() != end || data.last) acknowledge_now();
}

void Receiver::on_ping(Instant now, const Ping& ping) {
  came(now, ping.number, true);
  acknowledge_now();
}

void Receiver::came(Instant now, std::uint64_t number, bool kept) {
  if (kept) {
    kept_.add({number, number + 1});
    kept_.keep_highest(most_ranges);
  }
  if (!any_came_ || number > largest_) {
    any_came_ = true;
    largest_ = number;
    largest_came_ = now;
  }
  if (++unacknowledged_ >= packets_an_ack_)
    acknowledge_now();
  else
    ack_time_ = std::min(ack_time_, now + ack_delay_);
}

void Receiver::acknowledge_now() {
  if (unacknowledged_ > 0) ack_time_ = Instant::min();
}

// Room is told of when there is enough of it to be worth a packet (RFC 1122 section 4.2.3.3).
void Receiver::consumed(std::size_t bytes) {
  buffer_.consumed(bytes);
  if (any_came_ && buffer_.limit() - told_limit_ >= std::max<std::size_t>(buffer_.promise() / 4, 1))
    ack_time_ = Instant::min();
}

Ack Receiver::acknowledge(Instant now) {
  Ack ack;
  ack.largest = largest_;
  ack.received_to = buffer_.received_to();
  ack.limit = told_limit_ = buffer_.limit();
  ack.delay = std::chrono::duration_cast<std::chrono::microseconds>(now - largest_came_);
  std::uint64_t& told = told_[answers_++ % told_.size()];
  kept_.remove_below(told);
  told = largest_;
  arq_.tell(kept_, ack);
  unacknowledged_ = 0;
  ack_time_ = never;
  return ack;
}

}  // namespace netlab::reliable
