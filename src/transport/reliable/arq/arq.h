// Arq is the interface of the three classic ARQ (automatic repeat request) protocols. It covers
// what they differ in: how many packets may be in flight, what the receiver buffers and
// acknowledges, and what the sender retransmits. Packet numbers, timers and congestion control are
// common to all. Compare stop_and_wait.cc, go_back_n.cc and selective_repeat.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "transport/reliable/state/sent_packets.h"
#include "transport/reliable/wire/packet.h"

namespace netlab::reliable {

class Arq {
 public:
  virtual ~Arq() = default;

  // Sender: how many packets may be in flight, given the negotiated window.
  virtual std::uint32_t window(std::uint32_t negotiated) const = 0;
  // Sender: whether `ack` acknowledges the packet.
  virtual bool is_acked(std::uint64_t number, const SentPacket& packet, const Ack& ack) const = 0;
  // Sender: whether all packets after a lost one are retransmitted with it.
  virtual bool retransmits_window() const = 0;
  // Receiver: whether bytes at `offset` are kept when all bytes before `cumulative_ack` have
  // arrived.
  virtual bool buffers_out_of_order(std::uint64_t offset, std::uint64_t cumulative_ack) const = 0;
  // Receiver: fills in the ranges of `ack` from the packet numbers that were kept.
  virtual void fill_ack(const Ranges& kept, Ack& ack) const = 0;
};

// Cumulative acknowledgement, shared by stop-and-wait and go-back-N: it covers all bytes before an
// offset. A PING has no bytes; it is acknowledged if it is in the range that ends with `largest`.
bool is_acked_cumulatively(std::uint64_t number, const SentPacket& packet, const Ack& ack);
void fill_cumulative_ack(const Ranges& kept, Ack& ack);

struct ArqRow {
  Strategy strategy;
  std::string_view name;
  const Arq& arq;
};

const Arq& stop_and_wait();
const Arq& go_back_n();
const Arq& selective_repeat();

// All strategies.
std::span<const ArqRow> arqs();
const Arq& arq_of(Strategy strategy);

}  // namespace netlab::reliable
