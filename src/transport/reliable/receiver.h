// Receiver is the half of a connection that takes data: it puts the stream in order, and knows what
// to acknowledge and when (RFC 9000 section 13.2).
#pragma once

#include <array>

#include "transport/reliable/arq/arq.h"
#include "transport/reliable/settings.h"
#include "transport/reliable/state/receive_buffer.h"

namespace netlab::reliable {

// Acknowledgements get lost, but hardly so many in a row: what all of these have told of is told no
// more (RFC 9000 section 13.2.3), or each number that was left out would be told of for ever.
inline constexpr std::size_t ack_history = 256;

class Receiver {
 public:
  // `window`: packets on their way at once, as agreed on.
  Receiver(const Arq& arq, std::uint32_t window, const Settings& settings);

  const ReceiveBuffer& buffer() const { return buffer_; }

  // What happened. Throws ProtocolError.
  void on_data(Instant now, const Data& data);
  void on_ping(Instant now, const Ping& ping);

  // What is wanted.
  void consumed(std::size_t bytes);
  void bound(std::size_t bytes) { buffer_.bound(bytes); }

  // What to do next: the instant is past when an acknowledgement is due.
  Instant next_timeout() const { return ack_time_; }
  Ack acknowledge(Instant now);

 private:
  void on_received(Instant now, std::uint64_t number, bool kept);
  // Whatever there is to acknowledge does not wait any longer.
  void acknowledge_now();

  const Arq& arq_;
  const unsigned int packets_per_ack_;
  const Duration ack_delay_;
  ReceiveBuffer buffer_;
  Ranges kept_;  // numbers of packets
  std::array<std::uint64_t, ack_history>
      acked_largest_{};  // the largest of each of the last answers
  std::size_t answers_ = 0;
  std::uint64_t largest_ = 0;
  Instant largest_received_at_{};
  bool any_received_ = false;
  unsigned int unacknowledged_ = 0;  // packets
  Instant ack_time_ = never;
  std::uint64_t advertised_max_data_;
};

}  // namespace netlab::reliable
