// DatagramSocket is a socket for messages (udp(7)): each arrives whole, or not at all, or twice, or
// after the one that was sent later.
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

  // Waits for messages, and gives all that have come, up to DatagramBatch::most; none when the
  // deadline passed. They stay valid until the next call. Throws SystemError: ECONNREFUSED when
  // nobody listens where we sent to, ECANCELED when the server stops.
  virtual std::span<const Datagram> receive(Instant deadline) = 0;
  // Never waits: what there is no room for is dropped and counted, as any network may do. Returns
  // how many, from the first on, are done with: all, or those before one that can't be sent at all
  // (EMSGSIZE, ENETUNREACH, ...), of which a next call throws SystemError.
  virtual std::size_t send(std::span<const Datagram> messages) = 0;
  // With how many hops to live messages leave (IP_TTL, IPV6_UNICAST_HOPS): 1 to 255.
  virtual void set_ttl(int hops) = 0;
  virtual Address local() const = 0;
  virtual Instant now() const = 0;

  // Messages lost at this end, for the socket's buffers were full.
  struct Lost {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
  };
  virtual Lost lost() const = 0;
};

}  // namespace netlab
