// DatagramSocket is a socket for messages (udp(7)). A message arrives whole or not at all; it may
// also arrive twice, or after one that was sent later.
#pragma once

#include <cstdint>
#include <span>

#include "base/clock.h"
#include "socket/datagram_io.h"

namespace netlab {

class DatagramSocket {
 public:
  DatagramSocket() = default;
  virtual ~DatagramSocket() = default;
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  // Waits for messages and returns all that have arrived, at most DatagramBatch::max_messages; none
  // if the deadline passed. They stay valid until the next call. Throws SystemError: ECONNREFUSED
  // when nothing listens at an address we sent to, ECANCELED when the server stops.
  virtual std::span<const Datagram> receive(Instant deadline) = 0;
  // Never waits: a message for which the send buffer has no room is dropped and counted, because
  // the network might drop it too. Returns how many messages, from the first on, were handled: all,
  // or those before one that cannot be sent at all (EMSGSIZE, ENETUNREACH, ...). If the first is
  // such a message, throws SystemError.
  virtual std::size_t send(std::span<const Datagram> messages) = 0;
  // Sets the hop limit of outgoing messages (IP_TTL, IPV6_UNICAST_HOPS): 1 to 255.
  virtual void set_ttl(int hops) = 0;
  virtual Address local() const = 0;
  virtual Instant now() const = 0;

  // Messages dropped at this end because the socket's buffers were full.
  struct Lost {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
  };
  virtual Lost lost() const = 0;
};

}  // namespace netlab
