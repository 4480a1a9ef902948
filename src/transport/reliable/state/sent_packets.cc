#include "transport/reliable/state/sent_packets.h"

#include <cassert>

namespace netlab::reliable {

SentPackets::SentPackets(std::uint64_t first_number)
    : ring_(64), first_(first_number), end_(first_number) {}

void SentPackets::add(const SentPacket& packet) {
  if (end_ - first_ == ring_.size()) {
    std::vector<SentPacket> larger(2 * ring_.size());
    for (std::uint64_t number = first_; number < end_; ++number)
      larger[number & (larger.size() - 1)] = (*this)[number];
    ring_ = std::move(larger);
  }
  (*this)[end_++] = packet;
  if (packet.state == SentPacket::State::outstanding) count(packet, 1);
}

// Unsigned arithmetic is modulo 2^64, so `times` = -1 subtracts.
void SentPackets::count(const SentPacket& packet, std::uint64_t times) {
  if (packet.is_mtu_probe) return;
  packets_ += times;
  bytes_ += times * packet.size;
}

void SentPackets::remove(std::uint64_t number, SentPacket::State reason) {
  SentPacket& packet = (*this)[number];
  assert(packet.state == SentPacket::State::outstanding);
  packet.state = reason;
  count(packet, static_cast<std::uint64_t>(-1));
}

void SentPackets::discard_old() {
  while (first_ < end_ && (*this)[first_].state != SentPacket::State::outstanding) ++first_;
}

}  // namespace netlab::reliable
