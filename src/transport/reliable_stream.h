// ReliableStream is a Connection on a UDP socket of its own, as the Stream that every handler
// knows. It is driven by its own calls, whichever of them: while the handler is in none, nothing is
// sent again, acknowledged or noticed. A peer thinks it dead when that lasts for longer than the
// idle time-out. One thread at a time may use it, but for cut().
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "transport/performer.h"
#include "transport/reliable/connection.h"
#include "transport/stream.h"

namespace netlab {

class ReliableStream : public Stream {
 public:
  // A client's, which is not greeted yet. `socket`: connected to the peer (socket/udp_gso.h).
  ReliableStream(Performer& performer, Fd socket, const Address& peer,
                 const reliable::Settings& settings, const reliable::Identity& identity);
  // A server's.
  ReliableStream(Performer& performer, Fd socket, const Address& peer,
                 const reliable::Settings& settings, const reliable::Identity& identity,
                 const reliable::Hello& hello);
  // A client's waits as close() does. A server's does not: what serves it closes it, and it may be
  // another process that does.
  ~ReliableStream() override;

  // Waits for the server's WELCOME. Throws SystemError{"connect ADDRESS:PORT"}.
  void greet(Instant deadline);
  // Sends the WELCOME.
  void welcome() { transmit(); }

  std::size_t read_some(std::span<std::byte> into) override;
  void write_all(std::span<const std::byte> bytes) override;
  void finish_writing() override;
  std::uint64_t send_file(const Fd& file, std::uint64_t offset, std::uint64_t count) override;
  std::size_t receive_file(const Fd& file, const std::string& name, std::size_t most) override;
  void close() override;
  std::uint64_t unacknowledged() const override;
  void set_receive_window(std::size_t bytes) override { connection_.set_receive_window(bytes); }
  void abort() override;
  std::function<void()> abort_notifier() const override;

  const reliable::Connection& connection() const { return connection_; }

 private:
  // Throws SystemError{verb + " " + peer} when the connection is at its end.
  void throw_if_over(const char* verb) const;
  // Sends, and takes what has come or waits for it, until the next timer.
  void exchange(const char* verb);
  void transmit();
  // Says that this end is no more. It depends on nothing that changes.
  std::vector<std::byte> make_close_packet() const;
  void send(const reliable::Batch& batch);
  bool send(std::span<const std::byte> bytes);
  bool take_in();
  void wait(const char* verb);
  // Waits for room, `wanted` bytes of it or what is worth waking up for; it is in one piece.
  std::span<std::byte> room(std::size_t wanted);
  std::size_t whole_packets() const;
  void wrote(std::size_t bytes);
  // Waits for bytes; empty: the peer has finished.
  std::span<const std::byte> received();
  void took(std::size_t bytes);

  Performer& performer_;
  Socket socket_;
  reliable::Connection connection_;
  const bool is_client_;
  std::unique_ptr<std::byte[]> outgoing_;
  std::unique_ptr<std::byte[]> incoming_;
  std::size_t segment_ = 0;    // as last set; 0: none
  bool is_refused_ = false;    // the network says so, and what has come was not looked at yet
  bool takes_batches_ = true;  // the kernel does
  std::atomic<bool> is_aborted_ = false;
};

}  // namespace netlab
