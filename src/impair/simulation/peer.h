// Peer is one end of a simulated connection: a Connection and an application that writes a
// number of bytes, finishes, and reads at a given pace. Each byte is a function of its offset, so
// the reader can check what it receives.
#pragma once

#include <memory>
#include <string>

#include "transport/reliable/connection.h"

namespace netlab::simulated {

struct PeerSettings {
  reliable::Settings connection;
  std::uint64_t writes = 0;  // bytes, followed by the end of the stream
  bool finishes = true;      // false: it never ends its stream
  std::size_t reads_at_once = 1 << 20;
  Duration reading_pause{};  // between two reads
  Duration reads_after{};    // no read earlier than this after the start
};

class Peer {
 public:
  // `salt`: makes the bytes of one peer differ from those of another.
  Peer(const PeerSettings& settings, std::uint8_t salt, std::uint8_t remote_salt, Instant start)
      : settings_(settings),
        salt_(salt),
        remote_salt_(remote_salt),
        read_allowed_at_(start + settings.reads_after) {}

  void begin(Instant now, std::unique_ptr<reliable::Connection> connection);
  void deliver(Instant now, std::span<const std::byte> datagram);
  // Reads and writes as much as possible now.
  void act(Instant now);
  // When act() must be called even if no event occurs.
  Instant next() const { return next_read_; }

  // Nothing more will happen here.
  bool is_closed() const {
    return !connection || (connection->is_closed() && connection->readable().empty());
  }
  // The connection should have failed by now: a silent peer is sent a PING after the keep-alive
  // time, and must reply within the idle timeout.
  bool missed_timeout(Instant now) const;
  bool has_read_all() const { return has_read_all_; }
  std::uint64_t bytes_read() const { return read_; }
  std::uint64_t bytes_written() const { return written_; }
  // Describes a wrong byte that was read; empty: none.
  const std::string& violation() const { return violation_; }

  std::unique_ptr<reliable::Connection> connection;  // null: a server without a client yet

 private:
  void write();
  void read(Instant now);

  const PeerSettings settings_;
  const std::uint8_t salt_;
  const std::uint8_t remote_salt_;
  Instant started_{};
  Instant last_received_{};  // the last datagram that the connection accepted
  std::uint64_t written_ = 0;
  std::uint64_t read_ = 0;
  bool has_read_all_ = false;
  Instant read_allowed_at_;
  Instant next_read_ = never;
  std::string violation_;
};

}  // namespace netlab::simulated
