// Go-back-N: up to N packets are in flight. The receiver accepts packets only in order and discards
// those after a gap. The sender goes back to the gap and retransmits everything from there.
//
//   sender    DATA 1, 2, 3, 4, 5 ------>                              DATA 2, 3, 4, 5 ------>
//   receiver         2 is lost; 3, 4, 5 are discarded: ACK 1 ------>
//
// The receiver is simple and needs no buffer; each loss costs a whole window.
#include "transport/reliable/arq/arq.h"

namespace netlab::reliable {
namespace {

class GoBackN : public Arq {
 public:
  std::uint32_t window(std::uint32_t negotiated) const override { return negotiated; }

  bool is_acked(std::uint64_t number, const SentPacket& packet, const Ack& ack) const override {
    return is_acked_cumulatively(number, packet, ack);
  }

  bool retransmits_window() const override { return true; }

  bool buffers_out_of_order(std::uint64_t offset, std::uint64_t cumulative_ack) const override {
    return offset <= cumulative_ack;
  }

  void fill_ack(const Ranges& kept, Ack& ack) const override { fill_cumulative_ack(kept, ack); }
};

}  // namespace

const Arq& go_back_n() {
  static const GoBackN arq;
  return arq;
}

}  // namespace netlab::reliable
