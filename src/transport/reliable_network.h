// ReliableNetwork is the reliable transport over UDP as a Network: the same handlers, under the
// same serving models, as over TCP. Each client that is accepted has a socket of its own, bound to
// the server's port and connected to the client, so that processes, threads and loops share
// nothing.
#pragma once

#include <deque>

#include "socket/datagram_io.h"
#include "transport/accept_error_log.h"
#include "transport/network.h"
#include "transport/performer.h"
#include "transport/reliable/handshake/address_validator.h"
#include "transport/reliable/settings.h"

namespace netlab {

// Greets clients inside accept(), and nowhere else: who comes while a server is busy sends HELLO
// again and again, and a server keeps nothing of anybody it has no time for.
class ReliableListener : public Listener {
 public:
  // `is_adopted`: others hold the socket, too.
  ReliableListener(Performer& performer, Fd socket, bool is_adopted,
                   const reliable::Settings& settings);
  ~ReliableListener() override;

  std::unique_ptr<Stream> accept() override;
  std::unique_ptr<Stream> try_accept() override;
  int poll_fd() override { return socket_.fd.get(); }  // receives never block
  Address local() const override;
  void stop_accepting() override;

 private:
  // Answers one after the other of what has come, until one may come in.
  std::unique_ptr<Stream> next_client();
  std::unique_ptr<Stream> admit(const Datagram& message, const reliable::Hello& hello);
  // False when no more clients are to be taken.
  bool wait();
  // Fetches what has come.
  void receive();

  Performer& performer_;
  const reliable::Settings settings_;
  Socket socket_;
  int family_;
  DatagramBatch buffer_;
  std::size_t handled_ = 0;  // of the messages in the buffer
  reliable::AddressValidator validator_;
  AcceptErrorLog accept_errors_;
  Fd stop_;  // readable once it was cut
  const bool is_adopted_;
  std::atomic<bool> is_stopped_ = false;
};

class ReliableNetwork : public Network {
 public:
  // The performer outlives the network and all that comes from it.
  explicit ReliableNetwork(Performer& performer, const reliable::Settings& settings = {})
      : performer_(performer), settings_(settings) {}

  std::unique_ptr<Listener> listen(const Address& address) override;
  std::unique_ptr<Listener> adopt(Fd bound) override;
  std::unique_ptr<Stream> connect(const Address& address, Instant deadline) override;
  Instant now() const override { return performer_.now(); }
  void sleep_until(Instant instant) override { performer_.sleep_until(instant); }

 private:
  Performer& performer_;
  const reliable::Settings settings_;
};

}  // namespace netlab
