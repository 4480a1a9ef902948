// Sender is the sending half of a connection. It splits the stream into packets and retransmits
// lost bytes. It stops where the peer's limit (flow control) or the congestion window is reached.
#pragma once

#include "transport/reliable/batch.h"
#include "transport/reliable/recovery.h"
#include "transport/reliable/settings.h"
#include "transport/reliable/state/path_mtu.h"
#include "transport/reliable/state/send_buffer.h"

namespace netlab::reliable {

class Sender {
 public:
  Sender(const TransportParameters& parameters, const Settings& settings, std::uint64_t seed);

  // State.
  const Recovery& recovery() const { return recovery_; }
  const PathMtu& mtu() const { return mtu_; }
  const SendBuffer& buffer() const { return buffer_; }
  // The peer has acknowledged all data and the end of the stream.
  bool is_all_acked() const { return buffer_.is_finished() && buffer_.begin() == buffer_.end(); }
  // The peer's flow-control limit: bytes before this offset may be sent.
  std::uint64_t max_data() const { return max_data_; }
  std::uint64_t retransmitted_bytes() const { return retransmitted_bytes_; }

  // Events.
  void on_rtt_sample(Instant now, Duration rtt) { recovery_.on_rtt_sample(now, rtt); }
  void on_acknowledgement(Instant now, const Ack& ack);  // throws ProtocolError
  void on_timeout(Instant now);

  // Application calls.
  SendBuffer& buffer() { return buffer_; }
  void ping() { ping_pending_ = true; }

  // Output. `to`: the peer's id. `room` has at least max_packet_size bytes.
  Batch transmit(Instant now, std::uint64_t to, std::span<std::byte> room);
  Instant next_timeout() const;

 private:
  Batch transmit_ping(Instant now, std::uint64_t to, std::size_t size, std::span<std::byte> room);
  std::size_t transmit_data(Instant now, std::uint64_t to, const Range& range,
                            std::span<std::byte> room);
  std::optional<Range> next_range(Instant now, std::size_t max_bytes);
  std::optional<Range> next_probe_range(std::size_t max_bytes);
  std::optional<Range> oldest_in_flight(const Range& excluded, std::size_t max_bytes) const;
  void queue_retransmissions(Instant now, std::span<const SentPacket> lost);
  void detect_black_hole(Instant now, const AckResult& result);
  std::uint64_t next_number();
  bool has_new_data() const;
  bool is_blocked() const;
  Instant window_probe_time() const;

  std::uint64_t random_state_;
  Recovery recovery_;
  PathMtu mtu_;
  SendBuffer buffer_;
  Ranges lost_;             // bytes to be retransmitted
  std::uint64_t next_ = 0;  // the first byte that was not sent yet
  std::uint64_t max_data_;
  std::uint64_t skip_at_;  // the next packet number to be skipped
  std::uint64_t retransmitted_bytes_ = 0;
  Range previous_probe_;  // carried by the previous probe of this PTO
  bool ping_pending_ = false;
  Instant blocked_since_ = never;  // by flow control, with nothing in flight
  unsigned int window_probes_ = 0;
};

}  // namespace netlab::reliable
