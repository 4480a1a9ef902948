// What one end of a reliable connection wants and holds to, before the two have agreed on
// TransportParameters.
#pragma once

#include <cstddef>

#include "transport/reliable/congestion/congestion.h"
#include "transport/reliable/wire/packet.h"

namespace netlab::reliable {

struct Settings {
  Strategy strategy = Strategy::selective_repeat;  // of a server: taken as the client proposes it
  std::uint32_t window = 32'768;                   // packets on their way at most
  std::uint32_t largest = max_packet_size;  // datagram, bytes: base_packet_size to max_packet_size
  const CongestionRow* congestion = &congestion_controls().front();
  // Two round trips of 100 ms at 600 Mbit/s: one on its way, one to send again what was lost.
  std::size_t send_buffer = 16 * 1024 * 1024;     // bytes
  std::size_t receive_buffer = 16 * 1024 * 1024;  // bytes: what the peer may send ahead
  Duration handshake_timeout = std::chrono::seconds(10);
  // The peer is dead when it has not answered for so long; nobody is who has not been asked.
  Duration idle_timeout = std::chrono::seconds(30);
  Duration keep_alive = std::chrono::seconds(10);  // of silence, until the peer is asked
  // An acknowledgement may wait for a second packet.
  Duration ack_delay = std::chrono::milliseconds(25);
};

// Who an end is: not to be guessed by others, for whoever knows the id may end the connection.
struct Identity {
  std::uint64_t id;    // by which the peer calls it, not 0
  std::uint64_t seed;  // of its packet numbers
};

// The lower of the two, with what this end says of itself.
TransportParameters negotiate(const TransportParameters& proposed, const Settings& own);
TransportParameters proposed_parameters(const Settings& own);

}  // namespace netlab::reliable
