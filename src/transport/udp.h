// Udp implements DatagramSocket with a UDP socket (RFC 768), whose waits a Performer carries out.
// The performer must outlive it.
#pragma once

#include "transport/datagram_socket.h"
#include "transport/performer.h"

namespace netlab {

class Udp : public DatagramSocket {
 public:
  // Binds a server's socket. `shared`: see udp_socket. Throws SystemError{"bind ADDRESS:PORT"}.
  Udp(Performer& performer, const Address& address, bool shared);
  // Takes over a datagram socket that is already bound or connected.
  Udp(Performer& performer, Fd fd);
  // A client's socket, on any free port. It is connected, so it receives only the server's messages
  // and reports ICMP errors (udp(7)). Throws SystemError{"connect ADDRESS:PORT"}.
  static std::unique_ptr<Udp> to(Performer& performer, const Address& server);
  ~Udp() override;

  // Once this descriptor is readable, a waiting receive() throws ECANCELED; -1: none.
  void set_stop(int stop) { stop_ = stop; }

  std::span<const Datagram> receive(Instant deadline) override;
  std::size_t send(std::span<const Datagram> messages) override;
  void set_ttl(int hops) override;
  Address local() const override;
  Instant now() const override { return performer_.now(); }
  Lost lost() const override;

 private:
  Performer& performer_;
  Socket socket_;
  int family_;
  int stop_ = -1;
  DatagramBatch buffer_;
  unsigned full_batches_ = 0;  // receives in a row that filled the buffer
  std::uint64_t dropped_sends_ = 0;
};

}  // namespace netlab
