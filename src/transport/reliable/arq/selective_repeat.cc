// Selective repeat: up to N packets are in flight. The receiver buffers packets after a gap and
// acknowledges each packet it has. The sender retransmits only the missing ones.
//
//   sender    DATA 1, 2, 3, 4, 5 ------>                                   DATA 2 ------>
//   receiver         2 is lost; 3, 4, 5 are buffered: ACK 1, 3-5 ------>
//
// A loss costs one packet; the receiver needs a buffer for a whole window.
#include <algorithm>

#include "transport/reliable/arq/arq.h"

namespace netlab::reliable {
namespace {

class SelectiveRepeat : public Arq {
 public:
  std::uint32_t window(std::uint32_t negotiated) const override { return negotiated; }

  bool is_acked(std::uint64_t number, const SentPacket& packet, const Ack& ack) const override {
    for (std::size_t i = 0; i < ack.count && number < ack.ranges[i].end; ++i)
      if (number >= ack.ranges[i].first) return true;
    // The cumulative acknowledgement counts only below the lowest range of a full ACK, which has no
    // space for older ranges. Elsewhere it proves nothing: a peer that acknowledges bytes without
    // their packet numbers may not have received them.
    return ack.count == max_ranges && number < ack.ranges[ack.count - 1].first &&
           packet.bytes > 0 && packet.end() <= ack.cumulative_ack;
  }

  bool retransmits_window() const override { return false; }

  bool buffers_out_of_order(std::uint64_t, std::uint64_t) const override { return true; }

  void fill_ack(const Ranges& kept, Ack& ack) const override {
    const auto ranges = kept.ranges();
    ack.count = std::min(ranges.size(), max_ranges);
    for (std::size_t i = 0; i < ack.count; ++i) ack.ranges[i] = ranges[ranges.size() - 1 - i];
  }
};

}  // namespace

const Arq& selective_repeat() {
  static const SelectiveRepeat arq;
  return arq;
}

}  // namespace netlab::reliable
