// Stream is a reliable, ordered, two-way byte stream to one peer, which every handler talks to. Its
// calls wait, under every serving model and every transport; none ever reports "would block".
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/address.h"
#include "base/clock.h"
#include "socket/fd.h"
#include "transport/operation.h"

namespace netlab {

// Bytes moved by one call, for messages and for files. Measured over loopback, a download that
// receives 64 KiB at a time loses a third of its rate.
inline constexpr std::size_t piece_size = 64 * 1024;
inline constexpr std::size_t file_piece_size = 1024 * 1024;

// Every call throws SystemError: ETIMEDOUT when the deadline passed, ECONNRESET or EPIPE when the
// peer is gone, ECANCELED when the server stops.
class Stream {
 public:
  explicit Stream(const Address& peer) : peer_(peer) {}
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Reads at least one byte; returns 0 at end of file. `into` must not be empty.
  virtual std::size_t read_some(std::span<std::byte> into) = 0;
  // Waits for input if the serving model keeps only the used part of a waiting handler's stack, and
  // otherwise returns at once. A handler calls it where it needs no buffer, so that an idle client
  // costs little memory.
  virtual void await_input() {}
  // The wait for the first bytes, which an event loop makes before it starts the handler: a client
  // that sends nothing then needs no stack. nullopt: the handler is started at once.
  virtual std::optional<Operation> first_wait() { return std::nullopt; }
  virtual void write_all(std::span<const std::byte> bytes) = 0;
  // Sends end of file (half-close, shutdown(2) SHUT_WR); reading is still possible.
  virtual void finish_writing() = 0;
  // Sends bytes [offset, offset + count) of the file. Returns the number of bytes sent: fewer than
  // `count` if the file ends early.
  virtual std::uint64_t send_file(const Fd& file, std::uint64_t offset, std::uint64_t count);
  // Writes received bytes, at least one and at most `max_bytes`, at the file's position;
  // returns 0 at end of file. Throws SystemError{"write " + name} if writing to the file fails.
  virtual std::size_t receive_file(const Fd& file, const std::string& name, std::size_t max_bytes);
  // Finishes writing and waits until the peer has acknowledged everything, as long as it makes
  // progress. TCP does not wait: the kernel keeps sending after the stream is destroyed.
  virtual void close() {}
  // Ends both directions at once: a call that is waiting throws ECANCELED. May be called from any
  // thread.
  virtual void abort() = 0;
  // Returns a function that tells the peer this end is gone, where the kernel does not do so. The
  // parent of a killed process calls it after it has destroyed its own copy of the stream.
  virtual std::function<void()> abort_notifier() const {
    return [] {};
  }

  const Address& peer() const { return peer_; }
  // Sets the address of the client for which a proxy has connected.
  void set_peer(const Address& peer) { peer_ = peer; }
  // The local address of the connection; 0.0.0.0:0 if the stream has no socket.
  virtual Address local() const { return {}; }
  // Whether a read would return at once, with bytes or end of file. Does not wait, whatever the
  // deadline.
  virtual bool readable() { return false; }
  // Bytes written that the peer's system has not acknowledged yet (SIOCOUTQ, tcp(7)); 0 if unknown.
  virtual std::uint64_t unacknowledged() const { return 0; }
  // Limits, approximately, the bytes received but not yet read (SO_RCVBUF, socket(7)).
  virtual void set_receive_window(std::size_t bytes) { static_cast<void>(bytes); }

  // The instant at which waiting ends, for all later calls. It is absolute: bytes that arrive do
  // not extend it.
  Instant deadline() const { return deadline_.load(std::memory_order_relaxed); }
  virtual void set_deadline(Instant deadline) {
    deadline_.store(deadline, std::memory_order_relaxed);
  }

 private:
  Address peer_;
  std::atomic<Instant> deadline_ = never;  // one thread may send while another receives
};

}  // namespace netlab
