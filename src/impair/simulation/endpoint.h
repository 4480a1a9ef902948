// Endpoint is one end in the simulation: a Connection with somebody who writes so many bytes,
// finishes, and reads what comes, at their pace. The bytes are a function of their offset, so that
// both ends know what has to come.
#pragma once

#include <memory>
#include <string>

#include "transport/reliable/connection.h"

namespace netlab::simulated {

struct EndpointSettings {
  reliable::Settings connection;
  std::uint64_t writes = 0;  // bytes, and then it finishes
  bool finishes = true;
  std::size_t reads_at_once = 1 << 20;
  Duration reading_pause{};  // between two reads
  Duration reads_after{};    // the beginning of the simulation
};

class Endpoint {
 public:
  // `salt`: its bytes differ from another's.
  Endpoint(const EndpointSettings& settings, std::uint8_t salt, std::uint8_t peers_salt,
           Instant start)
      : settings_(settings),
        salt_(salt),
        peers_salt_(peers_salt),
        may_read_(start + settings.reads_after) {}

  void begin(Instant now, std::unique_ptr<reliable::Connection> connection);
  void take(Instant now, std::span<const std::byte> datagram);
  // Reads and writes what can be read and written now.
  void act(Instant now);
  // When it wants to act without being told of anything.
  Instant next() const { return next_read_; }

  // Nothing more will happen to it.
  bool is_closed() const {
    return !connection || (connection->is_closed() && connection->readable().empty());
  }
  // It should have given up: who hears nothing asks, and waits for an answer no longer than its
  // idle time-out.
  bool waits_too_long(Instant now) const;
  bool has_read_all() const { return has_read_all_; }
  std::uint64_t bytes_read() const { return read_; }
  std::uint64_t bytes_written() const { return written_; }
  // What is wrong with the bytes that came; empty: nothing.
  const std::string& violation() const { return violation_; }

  std::unique_ptr<reliable::Connection> connection;  // null: a server nobody has come to

 private:
  void write();
  void read(Instant now);

  const EndpointSettings settings_;
  const std::uint8_t salt_;
  const std::uint8_t peers_salt_;
  Instant began_{};
  Instant heard_{};  // the last datagram that it understood
  std::uint64_t written_ = 0;
  std::uint64_t read_ = 0;
  bool has_read_all_ = false;
  Instant may_read_;
  Instant next_read_ = never;
  std::string violation_;
};

}  // namespace netlab::simulated
