// DeliveryRate measures how many bytes a second the network delivers
// (draft-cheng-iccrg-delivery-rate-estimation): from one acknowledgement to the packet sent after
// it and to that one's acknowledgement, over the longer of the two ways to look at that time. BBR
// lives on it.
#pragma once

#include <cstdint>

#include "transport/reliable/state/sent_packets.h"

namespace netlab::reliable {

class DeliveryRate {
 public:
  // Notes in a packet about to be sent how things stand.
  void on_sent(SentPacket& packet, bool nothing_else_in_flight);
  // To be told of each packet that has come, the oldest first.
  void on_delivered(Instant now, const SentPacket& packet);
  // Nothing more to send, though there might be room: what follows measures the application.
  void on_app_limited(std::uint64_t in_flight) { app_limited_until_ = delivered_ + in_flight; }

  // Of the last acknowledgement: bytes a second, 0 when not known.
  double take();
  bool was_app_limited() const { return newest_.app_limited; }
  // Bytes so far.
  std::uint64_t delivered() const { return delivered_; }
  // The bytes that had been delivered when the newest packet was sent.
  std::uint64_t delivered_before() const { return newest_.delivered; }

 private:
  std::uint64_t delivered_ = 0;
  Instant delivered_at_{};
  Instant first_sent_{};
  std::uint64_t app_limited_until_ = 0;  // as `delivered_`; 0: not limited
  SentPacket newest_{};
  bool has_newest_ = false;
};

}  // namespace netlab::reliable
