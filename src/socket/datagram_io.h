// Datagram is a UDP datagram (udp(7)) with its addresses, as recvmmsg(2) and sendmmsg(2) exchange
// it with the kernel. A datagram may be empty.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/address.h"
#include "base/datagram_limits.h"
#include "socket/fd.h"

namespace netlab {

// Receive buffer of a socket, bytes; the kernel grants at most net.core.rmem_max.
inline constexpr int datagram_buffer = 4 * 1024 * 1024;

struct Datagram {
  std::span<const std::byte> bytes;
  Address peer;     // its sender, or its receiver
  Address local{};  // our address: its destination, or its source; 0.0.0.0: the kernel's choice
  int ttl = 0;      // received: its TTL or hop limit; 0: unknown
  bool truncated = false;  // received: it was longer than the buffer (MSG_TRUNC)
  // If not 0, `bytes` holds several datagrams of this many bytes each, of which the last may be
  // shorter (UDP_GRO and UDP_SEGMENT in udp(7)). At most `max_segments` can be sent at once.
  std::size_t segment = 0;
};

// DatagramBatch holds the messages received by one system call. It is reused for the next call.
class DatagramBatch {
 public:
  static constexpr std::size_t max_messages = 64;

  DatagramBatch();
  ~DatagramBatch();

  // Receives up to `max_messages` messages without waiting. They stay valid until the next call.
  // Returns their number, or -errno: -EAGAIN if none has arrived.
  int receive(int fd);
  std::span<const Datagram> received() const { return {messages_.data(), count_}; }

 private:
  struct Room;

  std::unique_ptr<std::byte[]> bytes_;  // only the pages that are touched cost memory
  std::unique_ptr<Room> room_;
  std::array<Datagram, max_messages> messages_;
  std::size_t count_ = 0;
};

// Sends without waiting. `family` is the socket's. Returns the number of messages that the kernel
// accepted, from the first on, or -errno of the first.
int send_datagrams(int fd, int family, std::span<const Datagram> messages);

// Sets the TTL or hop limit of outgoing messages: 1 to 255.
void set_ttl(int fd, int family, int hops);

// From now on, consecutive datagrams from one sender may be received as one Datagram of several
// segments.
void enable_gro(int fd);

// The number of messages that the kernel has dropped since the socket was created, because its
// receive buffer was full.
std::uint32_t dropped_datagrams(int fd);

// Returns a UDP socket bound to the address. With `shared`, other sockets may be bound to it as
// well, and the kernel divides the peers among them (SO_REUSEPORT). Throws SystemError{"bind
// ADDRESS:PORT"}.
Fd udp_socket(const Address& address, bool shared);
// The same for a socket that is already bound.
Fd udp_socket(Fd bound);
// From now on the socket sends to `peer`, and receives only from it (connect(2)). Throws
// SystemError{"connect ADDRESS:PORT"}.
void connect_udp(const Fd& socket, const Address& peer);

}  // namespace netlab
