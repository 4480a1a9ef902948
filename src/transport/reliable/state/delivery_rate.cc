#include "transport/reliable/state/delivery_rate.h"

#include <algorithm>

namespace netlab::reliable {

void DeliveryRate::on_sent(SentPacket& packet, bool nothing_else_in_flight) {
  if (nothing_else_in_flight) first_sent_ = delivered_at_ = packet.sent;
  packet.first_sent = first_sent_;
  packet.delivered_at = delivered_at_;
  packet.delivered = delivered_;
  packet.app_limited = app_limited_until_ != 0;
}

void DeliveryRate::on_delivered(Instant now, const SentPacket& packet) {
  delivered_ += packet.size;
  delivered_at_ = now;
  if (app_limited_until_ != 0 && delivered_ > app_limited_until_) app_limited_until_ = 0;
  if (has_newest_ && packet.delivered < newest_.delivered) return;
  newest_ = packet;
  has_newest_ = true;
  first_sent_ = packet.sent;
}

double DeliveryRate::take() {
  if (!has_newest_) return 0;
  has_newest_ = false;
  const Duration send_elapsed = newest_.sent - newest_.first_sent;
  const Duration ack_elapsed = delivered_at_ - newest_.delivered_at;
  const auto interval = std::max(send_elapsed, ack_elapsed);
  if (interval <= Duration::zero()) return 0;
  return static_cast<double>(delivered_ - newest_.delivered) / in_seconds(interval);
}

}  // namespace netlab::reliable
