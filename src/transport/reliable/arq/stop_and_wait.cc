// Stop and wait: one packet, then silence until it is acknowledged or the time is up.
//
//   sender    DATA 1 ------>                    DATA 2 ---X           DATA 2 again ------>
//   receiver          ------> ACK 1 ------>             (time is up)               ACK 2 ...
//
// At most one packet a round trip: the throughput is packet / round trip, however fast the line.
#include "transport/reliable/arq/arq.h"

namespace netlab::reliable {
namespace {

class StopAndWait : public Arq {
 public:
  std::uint32_t window(std::uint32_t) const override { return 1; }

  bool is_acked(std::uint64_t number, const SentPacket& packet, const Ack& ack) const override {
    return is_acked_cumulatively(number, packet, ack);
  }

  bool retransmits_window() const override { return false; }  // there is nothing behind it

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
