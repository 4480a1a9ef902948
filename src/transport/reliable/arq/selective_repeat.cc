// Selective repeat: up to N packets are on their way. The receiver keeps what comes behind a gap
// and tells which packets it has; the sender sends the missing ones again, and no other.
//
//   sender    DATA 1, 2, 3, 4, 5 ------>                                    DATA 2 again ------>
//   receiver         2 is lost; 3, 4, 5 are kept: ACK to 1, and 3 to 5 ------>
//
// A loss costs one packet; the receiver needs room for a window.
#include <algorithm>

#include "transport/reliable/arq/arq.h"

namespace netlab::reliable {
namespace {

class SelectiveRepeat : public Arq {
 public:
  std::uint32_t window(std::uint32_t agreed) const override { return agreed; }

  bool is_acked(std::uint64_t number, const SentPacket& packet, const Ack& ack) const override {
    for (std::size_t i = 0; i < ack.count && number < ack.ranges[i].end; ++i)
      if (number >= ack.ranges[i].first) return true;
    // Runs too old to be told, when there is no room for more: what is told alone is proof that a
    // packet has come, for who acknowledges bytes without their numbers may not have got them.
    return ack.count == max_ranges && number < ack.ranges[ack.count - 1].first &&
           packet.bytes > 0 && packet.end() <= ack.cumulative_ack;
  }

  bool retransmits_window() const override { return false; }

  bool buffers_out_of_order(std::uint64_t, std::uint64_t) const override { return true; }

  void fill_ack(const Ranges& kept, Ack& ack) const override {
    const auto runs = kept.runs();
    ack.count = std::min(runs.size(), max_ranges);
    for (std::size_t i = 0; i < ack.count; ++i) ack.ranges[i] = runs[runs.size() - 1 - i];
  }
};

}  // namespace

const Arq& selective_repeat() {
  static const SelectiveRepeat arq;
  return arq;
}

}  // namespace netlab::reliable
