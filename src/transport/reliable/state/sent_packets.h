// SentPackets records the packets in flight: what was sent under which packet number, and when.
// Numbers are consecutive, so the records are stored in a ring buffer indexed by number.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace netlab::reliable {

struct SentPacket {
  enum class State : std::uint8_t {
    outstanding,
    acked,
    lost,
    skipped,  // never sent, to detect a peer that acknowledges it
  };

  Instant sent{};
  std::uint64_t offset = 0;  // of its first byte in the stream
  std::uint32_t bytes = 0;   // of the stream, whose end counts as one; 0: a PING
  std::uint32_t size = 0;    // of the datagram, bytes
  State state = State::outstanding;
  bool is_mtu_probe = false;

  // State of DeliveryRate when this packet was sent.
  bool app_limited = false;
  std::uint64_t delivered = 0;
  Instant delivered_at{};
  Instant first_sent{};

  std::uint64_t end() const { return offset + bytes; }
};

class SentPackets {
 public:
  explicit SentPackets(std::uint64_t first_number);

  // The records cover the packet numbers from first() to end() - 1.
  std::uint64_t first() const { return first_; }
  std::uint64_t end() const { return end_; }
  SentPacket& operator[](std::uint64_t number) { return ring_[number & (ring_.size() - 1)]; }
  const SentPacket& operator[](std::uint64_t number) const {
    return ring_[number & (ring_.size() - 1)];
  }
  // Packets and bytes in flight. Path MTU probes do not count: they are few and carry no data.
  std::uint64_t packets() const { return packets_; }
  std::uint64_t bytes() const { return bytes_; }

  // Adds a packet with the number end().
  void add(const SentPacket& packet);
  // An outstanding packet was acknowledged or declared lost, and is no longer in flight.
  void on_acked(std::uint64_t number) { remove(number, SentPacket::State::acked); }
  void on_lost(std::uint64_t number) { remove(number, SentPacket::State::lost); }
  // Discards the records before the oldest outstanding packet.
  void discard_old();

 private:
  void count(const SentPacket& packet, std::uint64_t times);
  void remove(std::uint64_t number, SentPacket::State reason);

  std::vector<SentPacket> ring_;  // its size is a power of two
  std::uint64_t first_;
  std::uint64_t end_;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace netlab::reliable
