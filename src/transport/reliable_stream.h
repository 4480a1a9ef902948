// ReliableStream implements Stream with a Connection on a UDP socket of its own. The connection
// advances only inside the stream's calls: between them nothing is retransmitted, acknowledged or
// noticed. If the handler makes no call for longer than the idle timeout, the peer considers the
// connection dead. One thread at a time may use it; only abort() may be called from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "transport/performer.h"
#include "transport/reliable/connection.h"
#include "transport/socket_stream.h"

namespace netlab {

class ReliableStream : public SocketStream {
 public:
  // A client's stream, before its handshake. `socket`: connected to the peer (socket/udp_gso.h).
  ReliableStream(Performer& performer, Fd socket, const Address& peer,
                 const reliable::Settings& settings, const reliable::Identity& identity);
  // A server's stream, for a client's HELLO that was admitted.
  ReliableStream(Performer& performer, Fd socket, const Address& peer,
                 const reliable::Settings& settings, const reliable::Identity& identity,
                 const reliable::Hello& hello);
  // On a client, waits as close() does. On a server it does not: the code that serves the client
  // calls close(), possibly in another process.
  ~ReliableStream() override;

  // Performs a client's handshake: waits for the server's WELCOME. Throws
  // SystemError{"connect ADDRESS:PORT"}.
  void greet(Instant deadline);
  // Sends the WELCOME.
  void welcome() { transmit(); }

  std::size_t read_some(std::span<std::byte> into) override;
  bool readable() override;
  void write_all(std::span<const std::byte> bytes) override;
  void finish_writing() override;
  std::uint64_t send_file(const Fd& file, std::uint64_t offset, std::uint64_t count) override;
  std::size_t receive_file(const Fd& file, const std::string& name, std::size_t max_bytes) override;
  void close() override;
  std::uint64_t unacknowledged() const override;
  void set_receive_window(std::size_t bytes) override { connection_.set_receive_window(bytes); }
  void abort() override;
  std::function<void()> abort_notifier() const override;

  const reliable::Connection& connection() const { return connection_; }

 private:
  // Throws SystemError{verb + " " + peer} if the connection failed, closed or was aborted.
  void throw_if_closed(const char* verb) const;
  // Sends what is due and receives. If nothing has arrived, waits for a datagram or the next timer.
  void exchange(const char* verb);
  void transmit();
  // A CLOSE that tells the peer this end is gone. Any thread may call it: it reads only what stays
  // constant after the handshake.
  std::vector<std::byte> make_close_packet() const;
  void send(const reliable::Batch& batch);
  bool send(std::span<const std::byte> bytes);
  bool receive_pending();
  void wait(const char* verb);
  // Waits until the send buffer has room for `wanted` bytes, or for enough to be worth a wake-up.
  // Returns room in one piece, which may be less.
  std::span<std::byte> room(std::size_t wanted);
  std::size_t whole_packets() const;
  // `bytes` were written into room().
  void commit(std::size_t bytes);
  // Waits for bytes; empty at end of file.
  std::span<const std::byte> received();
  void consume(std::size_t bytes);

  reliable::Connection connection_;
  const bool is_client_;
  std::unique_ptr<std::byte[]> outgoing_;
  std::unique_ptr<std::byte[]> incoming_;
  std::size_t segment_ = 0;   // UDP_SEGMENT size as last set; 0: none
  bool is_refused_ = false;   // ECONNREFUSED was reported; handled after all datagrams received
  bool supports_gso_ = true;  // the kernel and the device accept batches
  std::atomic<bool> is_aborted_ = false;
};

}  // namespace netlab
