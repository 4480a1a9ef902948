// Go back N: up to N packets are on their way. The receiver takes them in order alone and throws
// away what comes behind a gap; the sender goes back to the gap and sends all again from there.
//
//   sender    DATA 1, 2, 3, 4, 5 ------>                        DATA 2, 3, 4, 5 again ------>
//   receiver         2 is lost; 3, 4, 5 are thrown away: ACK to 1 ------>
//
// The receiver is simple and needs no memory; each loss costs a whole window.
#include "transport/reliable/arq/arq.h"

namespace netlab::reliable {
namespace {

class GoBackN : public Arq {
 public:
  std::uint32_t window(std::uint32_t agreed) const override { return agreed; }

  bool has_come(std::uint64_t number, const SentPacket& packet, const Ack& ack) const override {
    return is_acknowledged_in_order(number, packet, ack);
  }

  bool goes_back() const override { return true; }

  bool keeps(std::uint64_t offset, std::uint64_t received_to) const override {
    return offset <= received_to;
  }

  void tell(const Ranges& kept, Ack& ack) const override { tell_in_order(kept, ack); }
};

}  // namespace

const Arq& go_back_n() {
  static const GoBackN arq;
  return arq;
}

}  // namespace netlab::reliable
