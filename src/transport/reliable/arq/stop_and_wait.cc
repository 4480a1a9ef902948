// Stop-and-wait: the sender waits after each packet until it is acknowledged or the timeout
// expires.
//
//   sender    DATA 1 ------>                DATA 2 ---X            DATA 2 ------>
//   receiver                 ACK 1 ------>              (timeout)               ACK 2 ------>
//
// The throughput is at most one packet per RTT, however fast the link is.
#include "transport/reliable/arq/arq.h"

namespace netlab::reliable {
namespace {

class StopAndWait : public Arq {
 public:
  std::uint32_t window(std::uint32_t) const override { return 1; }

  bool is_acked(std::uint64_t number, const SentPacket& packet, const Ack& ack) const override {
    return is_acked_cumulatively(number, packet, ack);
  }

  bool retransmits_window() const override { return false; }  // only one packet is in flight

  bool buffers_out_of_order(std::uint64_t offset, std::uint64_t cumulative_ack) const override {
    return offset <= cumulative_ack;
  }

  void fill_ack(const Ranges& kept, Ack& ack) const override { fill_cumulative_ack(kept, ack); }
};

}  // namespace

const Arq& stop_and_wait() {
  static const StopAndWait arq;
  return arq;
}

}  // namespace netlab::reliable
