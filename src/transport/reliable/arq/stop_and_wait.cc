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

  bool has_come(std::uint64_t number, const SentPacket& packet, const Ack& ack) const override {
    return is_acknowledged_in_order(number, packet, ack);
  }

  bool goes_back() const override { return false; }  // there is nothing behind it

  bool keeps(std::uint64_t offset, std::uint64_t received_to) const override {
    return offset <= received_to;
  }

  void tell(const Ranges& kept, Ack& ack) const override { tell_in_order(kept, ack); }
};

}  // namespace

const Arq& stop_and_wait() {
  static const StopAndWait arq;
  return arq;
}

}  // namespace netlab::reliable
