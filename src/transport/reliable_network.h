// ReliableNetwork implements Network with the reliable transport over UDP: the same handlers run
// under the same serving models as over TCP. Each accepted client has its own socket, bound to the
// server's port and connected to the client. Processes, threads and event loops therefore share no
// socket of a client.
#pragma once

#include <atomic>

#include "socket/datagram_io.h"
#include "transport/accept_error_log.h"
#include "transport/network.h"
#include "transport/performer.h"
#include "transport/reliable/handshake/address_validator.h"
#include "transport/reliable/settings.h"

namespace netlab {

// ReliableListener performs the server's side of handshakes, only inside accept() and try_accept().
// A client that arrives while the server is busy retransmits its HELLO. Until a client is admitted,
// the server keeps no state for it.
class ReliableListener : public Listener {
 public:
  // `is_adopted`: other processes may share the socket.
  ReliableListener(Performer& performer, Fd socket, bool is_adopted,
                   const reliable::Settings& settings);
  ~ReliableListener() override;

  using Listener::accept;
  std::unique_ptr<Stream> accept(Instant deadline) override;
  std::unique_ptr<Stream> try_accept() override;
  int poll_fd() override { return socket_.fd.get(); }  // receives never block
  Address local() const override;
  void stop_accepting() override;

 private:
  // Handles the received messages in order until one admits a client; null if none does.
  std::unique_ptr<Stream> next_client();
  std::unique_ptr<Stream> admit(const Datagram& message, const reliable::Hello& hello);
  // Waits for messages; returns false after stop_accepting().
  bool wait(Instant deadline);
  // Reads the next batch of messages into the buffer; does not wait.
  void receive();

  Performer& performer_;
  const reliable::Settings settings_;
  Socket socket_;
  int family_;
  DatagramBatch buffer_;
  std::size_t handled_ = 0;  // messages of buffer_ already handled
  reliable::AddressValidator validator_;
  AcceptErrorLog accept_errors_;
  Fd stop_;  // readable after stop_accepting()
  const bool is_adopted_;
  std::atomic<bool> is_stopped_ = false;
};

class ReliableNetwork : public Network {
 public:
  // The performer must outlive the network and every stream and listener it creates.
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
