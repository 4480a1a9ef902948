// Recovery detects lost packets and decides when the next packet may be sent (RFC 9002). It assigns
// packet numbers, processes acknowledgements, and keeps the loss timer (for packets sent before an
// acknowledged one) and the probe timeout, PTO (for missing acknowledgements). The Sender decides
// what the packets carry and what is retransmitted.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "transport/reliable/arq/arq.h"
#include "transport/reliable/congestion/congestion.h"
#include "transport/reliable/state/delivery_rate.h"
#include "transport/reliable/state/pacer.h"
#include "transport/reliable/state/rtt.h"

namespace netlab::reliable {

inline constexpr std::uint64_t packet_threshold = 3;  // section 6.1.1
inline constexpr Duration max_ack_delay = std::chrono::milliseconds(25);

// What an acknowledgement revealed.
struct AckResult {
  std::vector<SentPacket> lost;
  // The size of the largest path MTU probe that was newly acknowledged, and of the largest other
  // packet, in bytes; 0: none.
  std::size_t acked_mtu_probe = 0;
  std::size_t largest_acked_size = 0;
  Instant newest_acked_sent{};  // when the newest of the newly acknowledged packets was sent
};

class Recovery {
 public:
  // `window`: packets that may be in flight, as negotiated.
  Recovery(const Arq& arq, std::unique_ptr<Congestion> congestion, std::uint32_t window,
           std::uint64_t first_number, std::size_t packet_size);

  // State.
  const RttEstimator& rtt() const { return rtt_; }
  const SentPackets& sent_packets() const { return sent_packets_; }
  const Congestion& congestion() const { return *congestion_; }
  std::uint64_t next_number() const { return sent_packets_.end(); }
  // PTOs in a row without any acknowledgement.
  unsigned int pto_count() const { return pto_count_; }
  Duration probe_timeout() const { return rtt_.probe_timeout(max_ack_delay); }

  // Events.
  void on_rtt_sample(Instant now, Duration rtt);  // from the handshake
  // Sets the maximum datagram size, in bytes.
  void set_packet_size(std::size_t bytes);
  void on_sent(SentPacket packet);
  // Skips a packet number.
  void skip_number();
  // Throws ProtocolError if it acknowledges a packet that was never sent.
  AckResult on_acknowledgement(Instant now, const Ack& ack);
  // Returns the packets found lost.
  std::vector<SentPacket> on_timeout(Instant now);
  // There is no more data to send.
  void on_app_limited();

  // Output.
  // Whether the windows and the pacer allow a packet now.
  bool may_send(Instant now);
  // Whether a PTO probe must be sent, regardless of the windows.
  bool probe_pending() const { return probes_pending_ > 0; }
  Instant next_timeout() const;
  // When the pacer allows the next packet; `never` if a window is full.
  Instant next_departure() const;

 private:
  void sample_rtt(Instant now, const Ack& ack);
  AckResult remove_acked(Instant now, const Ack& ack);
  void on_packet_acked(Instant now, std::uint64_t number, AckResult& result);
  std::vector<SentPacket> detect_lost_packets(Instant now);
  void mark_lost(std::uint64_t number, std::vector<SentPacket>& lost);
  void notify_congestion_control(Instant now, std::uint64_t in_flight, std::uint64_t bytes);
  void on_packets_lost(Instant now, std::span<const SentPacket> lost);
  bool is_persistent_congestion(Instant oldest, Instant newest) const;
  Instant pto_time() const;
  bool has_window() const;
  bool has_congestion_window() const;  // for one more packet

  const Arq& arq_;
  const std::uint32_t window_;
  std::unique_ptr<Congestion> congestion_;
  SentPackets sent_packets_;
  RttEstimator rtt_;
  Pacer pacer_;
  DeliveryRate rate_;
  std::uint64_t packet_size_;
  std::optional<std::uint64_t> largest_acked_;
  Instant first_rtt_sample_ = never;
  Instant last_sent_{};
  Instant loss_time_ = never;  // RFC 9002: when the next packet is declared lost
  unsigned int pto_count_ = 0;
  unsigned int probes_pending_ = 0;
  bool window_was_full_ = false;  // limited by the congestion window since the last ACK
  Instant newest_acked_sent_{};   // when the newest acknowledged packet was sent
  std::uint64_t round_end_ = 0;   // in delivered bytes: a packet sent later ends the round
};

}  // namespace netlab::reliable
