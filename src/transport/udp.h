// UDP (RFC 768) as DatagramSocket.
#pragma once

#include "transport/datagram_socket.h"
#include "transport/performer.h"

namespace netlab {

class Udp : public DatagramSocket {
 public:
  // Listens. `shared`: see udp_socket. Throws SystemError{"bind ADDRESS:PORT"}.
  Udp(Performer& performer, const Address& address, bool shared);
  // A socket of messages, bound or connected already.
  Udp(Performer& performer, Fd fd);
  // Of a client: any free port, and connected, so that only the server's messages come in and the
  // network's refusals are heard (udp(7)). Throws SystemError{"connect ADDRESS:PORT"}.
  static std::unique_ptr<Udp> to(Performer& performer, const Address& server);
  ~Udp() override;

  // Whoever waits is told ECANCELED when this descriptor is readable; -1: no such.
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
  unsigned full_ = 0;  // receives in a row, up to now, that filled the buffer
  std::uint64_t unsent_ = 0;
};

}  // namespace netlab
