// Arq is what the textbook's three protocols for automatic repeat requests differ in: how many
// packets may be on their way, what the receiver keeps, what it tells, and what the sender sends
// again. All the rest (numbers, timers, congestion) they have in common. Lay stop_and_wait.cc,
// go_back_n.cc and selective_repeat.cc side by side.
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

  // The sender: how many packets may be on their way, where so many were agreed on.
  virtual std::uint32_t window(std::uint32_t agreed) const = 0;
  // The sender: whether the acknowledgement says that the packet has come.
  virtual bool is_acked(std::uint64_t number, const SentPacket& packet, const Ack& ack) const = 0;
  // The sender: whether with a lost packet all that follow are sent again.
  virtual bool retransmits_window() const = 0;
  // The receiver: whether bytes from `offset` on are kept, when all before `cumulative_ack` have
  // come.
  virtual bool buffers_out_of_order(std::uint64_t offset, std::uint64_t cumulative_ack) const = 0;
  // The receiver: what it tells of the packets it kept.
  virtual void fill_ack(const Ranges& kept, Ack& ack) const = 0;
};

// What stop and wait and go back N have in common: the acknowledgement is of all before a byte. Of
// a PING, which has no bytes, `ranges` tells, as far as all that was sent behind it has come, too.
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

// The only list of them.
std::span<const ArqRow> arqs();
const Arq& arq_of(Strategy strategy);

}  // namespace netlab::reliable
