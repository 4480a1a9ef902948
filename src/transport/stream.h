// Stream is an ordered pipe of bytes to one peer: what every handler talks to. Its calls wait,
// under every serving model and every transport; none ever reports "would block".
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/address.h"
#include "base/clock.h"
#include "socket/fd.h"

namespace netlab {

struct Socket;

// What is moved with one call, bytes: of messages, and of files.
inline constexpr std::size_t piece_size = 64 * 1024;
inline constexpr std::size_t file_piece_size = 1024 * 1024;

// Every call throws SystemError: ETIMEDOUT when the deadline passed, ECONNRESET or EPIPE when the
// peer is gone, ECANCELED when the server stops.
class Stream {
 public:
  explicit Stream(const Address& peer, Socket* socket = nullptr) : peer_(peer), socket_(socket) {}
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // At least one byte, or 0 when the peer has finished writing. `into` is not empty.
  virtual std::size_t read_some(std::span<std::byte> into) = 0;
  virtual void write_all(std::span<const std::byte> bytes) = 0;
  // Our end of file (half-close, shutdown(2) SHUT_WR); reading goes on.
  virtual void finish_writing() = 0;
  // Sends bytes [offset, offset + count) of the file. Returns how many there were: fewer than
  // `count` when the file has ended early.
  virtual std::uint64_t send_file(const Fd& file, std::uint64_t offset, std::uint64_t count);
  // Moves what has come, at least one byte and at most `most`, to the file's position; 0 when the
  // peer has finished writing. Throws SystemError{"write " + name} when the file takes no more.
  virtual std::size_t receive_file(const Fd& file, const std::string& name, std::size_t most);
  // Finishes writing, and waits until the peer has all, as far as it takes some. For what the
  // kernel carries there is nothing to wait for: it goes on by itself when the stream is gone.
  virtual void close() {}
  // Ends both directions at once, from any thread: whoever waits in a call above is thrown out.
  virtual void abort() = 0;
  // Tells the peer that this end is gone, where the kernel does not: for the parent of a process
  // that was killed, when it has no stream any more.
  virtual std::function<void()> abort_notifier() const {
    return [] {};
  }

  const Address& peer() const { return peer_; }
  // The one that a proxy speaks for.
  void set_peer(const Address& peer) { peer_ = peer; }
  // The socket beneath on which the first bytes will come, for a loop that waits for them before
  // anybody reads; null when there is no such socket.
  Socket* socket() const { return socket_; }

  // Bytes written that have not come to the peer's system yet (SIOCOUTQ, tcp(7)); 0 where nobody
  // knows.
  virtual std::uint64_t unacknowledged() const;
  // About so many bytes, at most, come before anybody reads them (SO_RCVBUF, socket(7)).
  virtual void set_receive_window(std::size_t bytes);

  // When waiting ends, for all calls from now on. It is absolute: no byte that arrives moves it.
  Instant deadline() const { return deadline_.load(std::memory_order_relaxed); }
  void set_deadline(Instant deadline) { deadline_.store(deadline, std::memory_order_relaxed); }

 private:
  Address peer_;
  Socket* socket_;
  std::atomic<Instant> deadline_ = never;  // one thread may send while another receives
};

}  // namespace netlab
