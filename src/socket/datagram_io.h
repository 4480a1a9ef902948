// Datagram is a datagram (udp(7)) with where it is from or for: what recvmmsg(2) and sendmmsg(2)
// exchange with the kernel. An empty message is a message.
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

// What a socket may keep while we are busy, bytes; the kernel gives at most net.core.rmem_max.
inline constexpr int datagram_buffer = 4 * 1024 * 1024;

struct Datagram {
  std::span<const std::byte> bytes;
  Address peer;     // who sent it, or shall get it
  Address local{};  // our address that it came to, or leaves from; 0.0.0.0: the kernel's choice
  int ttl = 0;      // received: its TTL or hop limit; 0: not known
  bool truncated = false;  // received: it had more bytes than there was room for (MSG_TRUNC)
  // Several datagrams of so many bytes each, the last may have fewer (UDP_GRO and UDP_SEGMENT in
  // udp(7)); 0: one datagram. To send: at most `max_segments`.
  std::size_t segment = 0;
};

// Room for the messages of one system call, used again and again.
class DatagramBatch {
 public:
  static constexpr std::size_t most = 64;

  DatagramBatch();
  ~DatagramBatch();

  // What has come to the socket, up to `most` messages, without waiting: they stay valid until the
  // next call. Returns their number or -errno, -EAGAIN when there is none.
  int receive(int fd);
  std::span<const Datagram> received() const { return {messages_.data(), count_}; }

 private:
  struct Room;

  std::unique_ptr<std::byte[]> bytes_;  // of which only the pages that are used cost memory
  std::unique_ptr<Room> room_;
  std::array<Datagram, most> messages_;
  std::size_t count_ = 0;
};

// Sends without waiting. `family`: the socket's. Returns how many of them, from the first on, the
// kernel took, or -errno of the first.
int send_datagrams(int fd, int family, std::span<const Datagram> messages);

// With how many hops to live messages leave: 1 to 255.
void set_ttl(int fd, int family, int hops);

// From now on what has come in a row from one sender may be received as one Datagram of several
// segments.
void enable_gro(int fd);

// How many messages the kernel has dropped since the socket was made, for it was full.
std::uint32_t dropped_datagrams(int fd);

// A socket for messages; `shared`: others may be bound to the same address, and the kernel divides
// the peers among them (SO_REUSEPORT). Throws SystemError{"bind ADDRESS:PORT"}.
Fd udp_socket(const Address& address, bool shared);
// The same of a socket that is bound already.
Fd udp_socket(Fd bound);

}  // namespace netlab
