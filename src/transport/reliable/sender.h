// Sender is the half of a connection that gives data: it cuts the stream into packets, sends again
// what is lost, and stops where the peer's room (flow control) or the network's (congestion
// control) ends.
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

  // What is.
  const Recovery& recovery() const { return recovery_; }
  const PathMtu& mtu() const { return mtu_; }
  const SendBuffer& buffer() const { return buffer_; }
  // The peer has all, and knows that it is all.
  bool is_done() const { return buffer_.is_finished() && buffer_.begin() == buffer_.end(); }
  // Bytes before this offset may be sent.
  std::uint64_t max_data() const { return max_data_; }
  std::uint64_t retransmitted_bytes() const { return retransmitted_bytes_; }  // bytes, so far

  // What happened.
  void on_rtt_sample(Instant now, Duration rtt) { recovery_.on_rtt_sample(now, rtt); }
  void on_acknowledgement(Instant now, const Ack& ack);  // throws ProtocolError
  void on_timeout(Instant now);

  // What is wanted.
  SendBuffer& buffer() { return buffer_; }
  void ping() { wants_ping_ = true; }

  // What to do next. `to`: the peer's id. `room` has max_packet_size bytes.
  Batch transmit(Instant now, std::uint64_t to, std::span<std::byte> room);
  Instant next_timeout() const;

 private:
  Batch transmit_ping(Instant now, std::uint64_t to, std::size_t size, std::span<std::byte> room);
  std::size_t transmit_data(Instant now, std::uint64_t to, const Range& range,
                            std::span<std::byte> room);
  std::optional<Range> next_range(Instant now, std::size_t most);
  std::optional<Range> probed_range(std::size_t most);
  std::optional<Range> oldest_in_flight(const Range& besides, std::size_t most) const;
  void queue_retransmissions(Instant now);
  void detect_black_hole(Instant now);
  std::uint64_t next_number();
  bool has_new() const;
  bool is_blocked() const;
  Instant max_data_probe_time() const;

  std::uint64_t chance_;
  Recovery recovery_;
  PathMtu mtu_;
  SendBuffer buffer_;
  Ranges lost_;             // bytes to be sent again
  std::uint64_t next_ = 0;  // the first byte that was never sent
  std::uint64_t max_data_;
  std::uint64_t skip_at_;  // the next number to be left out
  std::uint64_t retransmitted_bytes_ = 0;
  Range probed_;  // what the first probe of this time-out has carried
  bool wants_ping_ = false;
  Instant blocked_since_ = never;  // by the peer's limit, with nothing on its way
  unsigned int max_data_probes_ = 0;
};

}  // namespace netlab::reliable
