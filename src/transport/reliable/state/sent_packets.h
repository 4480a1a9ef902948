// SentPackets remembers the packets that are on their way: what was sent under which number, and
// when. A packet is forgotten as soon as it is known to have come or to be lost, and numbers are
// given in order, so that it is a ring in which all is found at once.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace netlab::reliable {

struct SentPacket {
  enum class State : std::uint8_t {
    outstanding,
    removed,  // it has come, or is lost
    skipped,  // never sent: who acknowledges it acknowledges what it has not got
  };

  Instant sent{};
  std::uint64_t offset = 0;  // of its first byte in the stream
  std::uint32_t bytes = 0;   // of the stream, its end counted as one; 0: a PING
  std::uint32_t size = 0;    // of the datagram, bytes
  State state = State::outstanding;
  bool is_mtu_probe = false;

  // As it was when this one was sent, see DeliveryRate.
  bool app_limited = false;
  std::uint64_t delivered = 0;
  Instant delivered_at{};
  Instant first_sent{};

  std::uint64_t end() const { return offset + bytes; }
};

class SentPackets {
 public:
  explicit SentPackets(std::uint64_t first_number);

  // Numbers from first() to the one before end() are remembered.
  std::uint64_t first() const { return first_; }
  std::uint64_t end() const { return end_; }
  SentPacket& operator[](std::uint64_t number) { return ring_[number & (ring_.size() - 1)]; }
  const SentPacket& operator[](std::uint64_t number) const {
    return ring_[number & (ring_.size() - 1)];
  }
  // Outstanding ones. Probes of the path's MTU do not count: they are few, and waited for by
  // nobody.
  std::uint64_t packets() const { return packets_; }
  std::uint64_t bytes() const { return bytes_; }

  // Under the number end().
  void add(const SentPacket& packet);
  void remove(std::uint64_t number);

 private:
  void count(const SentPacket& packet, std::uint64_t times);

  std::vector<SentPacket> ring_;  // a power of two
  std::uint64_t first_;
  std::uint64_t end_;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace netlab::reliable
