// The Stream, the Listener and the Network of TCP (tcp(7)). A Performer carries out their waits, so
// each is written once for all serving models.
#pragma once

#include <atomic>
#include <memory>

#include "transport/accept_error_log.h"
#include "transport/network.h"
#include "transport/performer.h"
#include "transport/socket_stream.h"

namespace netlab {

class TcpStream : public SocketStream {
 public:
  TcpStream(Performer& performer, Fd fd, const Address& peer);

  // Performs the handshake with the peer. Throws SystemError{"connect ADDRESS:PORT"}.
  void connect(Instant deadline);

  std::size_t read_some(std::span<std::byte> into) override;
  void await_input() override;
  void write_all(std::span<const std::byte> bytes) override;
  void finish_writing() override;
  std::uint64_t send_file(const Fd& file, std::uint64_t offset, std::uint64_t count) override;
  std::size_t receive_file(const Fd& file, const std::string& name, std::size_t max_bytes) override;
  bool readable() override;
  std::uint64_t unacknowledged() const override;
  void set_receive_window(std::size_t bytes) override;
  void abort() override;

 private:
  friend int tcp_descriptor(const Stream& stream);

  // Performs the operation and returns its result. Throws SystemError{verb + " " + peer}.
  std::size_t perform(Operation& operation, const char* verb);

  std::unique_ptr<std::byte[]> buffer_;  // for receive_file
  std::atomic<bool> is_aborted_ = false;
};

// The socket of a TcpStream, for operations that only TCP has. The stream still owns it. Throws
// std::bad_cast if the stream is of another kind.
int tcp_descriptor(const Stream& stream);

class TcpListener : public Listener {
 public:
  TcpListener(Performer& performer, const Address& address);
  // See Network::adopt.
  TcpListener(Performer& performer, Fd listening);
  ~TcpListener() override;

  using Listener::accept;
  std::unique_ptr<Stream> accept(Instant deadline) override;
  std::unique_ptr<Stream> try_accept() override;
  int poll_fd() override;
  Address local() const override;
  void stop_accepting() override;

 private:
  // Returns null when there is no client. If descriptors or memory ran out, pauses first.
  std::unique_ptr<Stream> make_client(const Operation& accepted);

  Performer& performer_;
  Socket socket_;
  Fd stop_;  // only for an adopted socket: readable after stop_accepting()
  AcceptErrorLog accept_errors_;
};

class TcpNetwork : public Network {
 public:
  // The performer must outlive the network and every stream and listener it creates.
  explicit TcpNetwork(Performer& performer) : performer_(performer) {}

  std::unique_ptr<Listener> listen(const Address& address) override;
  std::unique_ptr<Listener> adopt(Fd listening) override;
  std::unique_ptr<Stream> connect(const Address& address, Instant deadline) override;
  Instant now() const override { return performer_.now(); }
  void sleep_until(Instant instant) override { performer_.sleep_until(instant); }

 private:
  Performer& performer_;
};

}  // namespace netlab
