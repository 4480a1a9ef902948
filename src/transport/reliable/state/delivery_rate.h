// DeliveryRate estimates the delivery rate of the path, in bytes per second
// (draft-cheng-iccrg-delivery-rate-estimation). A sample is the number of bytes delivered between
// the transmission of a packet and its acknowledgement, divided by the longer of the send interval
// and the ACK interval. BBR's bandwidth estimate is built on it.
#pragma once

#include <cstdint>

#include "transport/reliable/state/sent_packets.h"

namespace netlab::reliable {

class DeliveryRate {
 public:
  // Records the current state in a packet about to be sent.
  void on_sent(SentPacket& packet, bool nothing_else_in_flight);
  // Called for each newly acknowledged packet, the oldest first.
  void on_delivered(Instant now, const SentPacket& packet);
  // There is no more data to send although the window has room. Samples are app-limited until the
  // packets in flight are delivered.
  void on_app_limited(std::uint64_t in_flight) { app_limited_until_ = delivered_ + in_flight; }

  // Returns the sample of the last ACK, in bytes per second; 0: unknown.
  double take();
  bool was_app_limited() const { return newest_.app_limited; }
  // Bytes delivered so far.
  std::uint64_t delivered() const { return delivered_; }
  // Bytes that had been delivered when the newest acknowledged packet was sent.
  std::uint64_t delivered_before() const { return newest_.delivered; }

 private:
  std::uint64_t delivered_ = 0;
  Instant delivered_at_{};
  Instant first_sent_{};
  std::uint64_t app_limited_until_ = 0;  // a value of delivered_; 0: not app-limited
  SentPacket newest_{};
  bool has_newest_ = false;
};

}  // namespace netlab::reliable
