// Recovery finds out which packets are lost and how fast to send (RFC 9002): it numbers what is
// sent, takes acknowledgements, and keeps the two timers, for a packet that later ones have
// overtaken and for an acknowledgement that does not come at all. What the packets carry, and what
// is sent again, is the Sender's business.
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

class Recovery {
 public:
  // `window`: packets that may be on their way, as agreed on.
  Recovery(const Arq& arq, std::unique_ptr<Congestion> congestion, std::uint32_t window,
           std::uint64_t first_number, std::size_t packet_size);

  // What is.
  const RttEstimator& rtt() const { return rtt_; }
  const SentPackets& sent_packets() const { return sent_packets_; }
  const Congestion& congestion() const { return *congestion_; }
  std::uint64_t next_number() const { return sent_packets_.end(); }
  // Time-outs in a row without any acknowledgement.
  unsigned int pto_count() const { return pto_count_; }
  Duration probe_timeout() const { return rtt_.probe_timeout(max_ack_delay); }

  // What happened.
  void on_rtt_sample(Instant now, Duration rtt);  // of the handshake
  // Packets have so many bytes from now on.
  void set_packet_size(std::size_t bytes);
  void on_sent(SentPacket packet);
  // Leaves a number out.
  void skip_number();
  // Throws ProtocolError when it acknowledges what was never sent.
  void on_acknowledgement(Instant now, const Ack& ack);
  void on_timeout(Instant now);
  // There is nothing more to send.
  void on_app_limited();
  // What the last two have found: valid until the next of them.
  const std::vector<SentPacket>& lost() const { return lost_; }
  // The size of the largest probe of the path's MTU that has come, and of the largest other packet;
  // 0: none.
  std::size_t acked_mtu_probe() const { return acked_mtu_probe_; }
  std::size_t largest_acked_size() const { return largest_acked_size_; }

  // What to do next.
  // Whether the network has room for a packet, and it is time.
  bool may_send(Instant now);
  // Whether a packet is to be sent all the same, to hear anything at all.
  bool probe_pending() const { return probes_pending_ > 0; }
  Instant next_timeout() const;
  // When may_send() may be true again, as far as it is a matter of time.
  Instant next_departure() const;

 private:
  void sample_rtt(Instant now, const Ack& ack);
  void remove(Instant now, std::uint64_t number);
  void remove_acked(Instant now, const Ack& ack);
  void begin_ack();
  void detect_lost(Instant now);
  void lose(std::uint64_t number);
  void notify_congestion_control(Instant now, std::uint64_t in_flight, std::uint64_t bytes);
  void on_packets_lost(Instant now);
  bool is_persistent(Instant oldest, Instant newest) const;
  Instant probe_time() const;
  bool has_window() const;
  bool is_within_window() const;  // the network's, with one packet more

  const Arq& arq_;
  const std::uint32_t window_;
  std::unique_ptr<Congestion> congestion_;
  SentPackets sent_packets_;
  RttEstimator rtt_;
  Pacer pacer_;
  DeliveryRate rate_;
  std::uint64_t packet_size_;
  std::optional<std::uint64_t> largest_;  // acknowledged
  Instant first_sample_ = never;          // of the round trip
  Instant last_sent_{};
  Instant loss_time_ = never;  // when an overtaken packet is to be taken for lost
  unsigned int pto_count_ = 0;
  unsigned int probes_pending_ = 0;
  bool was_full_ = false;          // the window kept a packet back since the last acknowledgement
  Instant newest_acked_sent_{};    // when the newest packet that has come was sent
  Instant newest_acked_before_{};  // the same, before the last acknowledgement
  std::uint64_t round_end_ = 0;    // delivered bytes: a packet sent after them ends the round
  std::vector<SentPacket> lost_;
  // Of the last acknowledgement.
  std::vector<Instant> acked_sent_times_;  // when the packets were sent that have come
  std::uint64_t acked_bytes_ = 0;
  std::size_t acked_mtu_probe_ = 0;
  std::size_t largest_acked_size_ = 0;
};

}  // namespace netlab::reliable
