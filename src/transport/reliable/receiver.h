// Receiver is the receiving half of a connection. It reassembles the stream and decides what to
// acknowledge and when (RFC 9000 section 13.2).
#pragma once

#include <array>

#include "transport/reliable/arq/arq.h"
#include "transport/reliable/settings.h"
#include "transport/reliable/state/receive_buffer.h"

namespace netlab::reliable {

// A packet number is reported in this many acknowledgements and then dropped (RFC 9000 section
// 13.2.3). Otherwise the gap at each skipped number would be reported forever. It is
// unlikely that 256 acknowledgements in a row are lost.
inline constexpr std::size_t ack_history = 256;

class Receiver {
 public:
  // `window`: packets that may be in flight, as negotiated.
  Receiver(const Arq& arq, std::uint32_t window, const Settings& settings);

  const ReceiveBuffer& buffer() const { return buffer_; }

  // Events. on_data() throws ProtocolError.
  void on_data(Instant now, const Data& data);
  void on_ping(Instant now, const Ping& ping);

  // Application calls.
  void consumed(std::size_t bytes);
  void set_window(std::size_t bytes) { buffer_.set_window(bytes); }

  // Output. An acknowledgement is due when next_timeout() has passed.
  Instant next_timeout() const { return ack_time_; }
  Ack acknowledge(Instant now);

 private:
  void on_received(Instant now, std::uint64_t number, bool kept);
  // Makes the pending acknowledgement, if any, due at once.
  void acknowledge_now();

  const Arq& arq_;
  const unsigned int packets_per_ack_;
  const Duration ack_delay_;
  ReceiveBuffer buffer_;
  Ranges kept_;  // packet numbers that were accepted
  // `largest` of each of the last acknowledgements sent.
  std::array<std::uint64_t, ack_history> acked_largest_{};
  std::size_t acks_sent_ = 0;
  std::uint64_t largest_ = 0;
  Instant largest_received_at_{};
  bool any_received_ = false;
  unsigned int unacknowledged_ = 0;  // packets
  Instant ack_time_ = never;
  std::uint64_t advertised_max_data_;
};

}  // namespace netlab::reliable
