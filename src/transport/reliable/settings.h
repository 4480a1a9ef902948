// Settings is the configuration of one endpoint of a reliable connection. The two endpoints
// negotiate TransportParameters from it in the handshake.
#pragma once

#include <cstddef>

#include "transport/reliable/congestion/congestion.h"
#include "transport/reliable/wire/packet.h"

namespace netlab::reliable {

struct Settings {
  Strategy strategy = Strategy::selective_repeat;  // a server accepts the client's
  std::uint32_t window = 32'768;                   // maximum packets in flight
  std::uint32_t max_datagram = max_packet_size;    // bytes: base_packet_size to max_packet_size
  const CongestionRow* congestion = &congestion_controls().front();
  // Two RTTs of 100 ms at 600 Mbit/s: one in flight, one for the retransmission of losses.
  std::size_t send_buffer = 16 * 1024 * 1024;     // bytes
  std::size_t receive_buffer = 16 * 1024 * 1024;  // bytes: the largest receive window
  Duration handshake_timeout = std::chrono::seconds(10);
  // Fail if nothing arrives for this long, or for three PTOs if that is more, after a packet that
  // needs an acknowledgement was sent. A connection on which nothing is sent does not time out.
  Duration idle_timeout = std::chrono::seconds(30);
  Duration keep_alive = std::chrono::seconds(10);  // silence after which a PING is sent
  // How long an acknowledgement may wait for a second packet.
  Duration ack_delay = std::chrono::milliseconds(25);
};

// The random numbers of an endpoint. They must be unpredictable, because an attacker who knows the
// id can end the connection.
struct Identity {
  std::uint64_t id;    // connection id by which the peer addresses this endpoint, not 0
  std::uint64_t seed;  // for its packet numbers
};

// Reduces the client's proposal to this endpoint's limits. max_data is this endpoint's own.
TransportParameters negotiate(const TransportParameters& proposed, const Settings& own);
TransportParameters proposed_parameters(const Settings& own);

}  // namespace netlab::reliable
