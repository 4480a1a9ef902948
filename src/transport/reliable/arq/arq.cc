#include "transport/reliable/arq/arq.h"

#include <algorithm>

namespace netlab::reliable {

bool is_acked_cumulatively(std::uint64_t number, const SentPacket& packet, const Ack& ack) {
  if (packet.bytes > 0) return packet.end() <= ack.cumulative_ack;
  return ack.count > 0 && ack.ranges[0].first <= number && number < ack.ranges[0].end;
}

void fill_cumulative_ack(const Ranges& kept, Ack& ack) {
  if (kept.empty() || kept.ranges().back().end != ack.largest + 1) return;
  ack.count = 1;
  ack.ranges[0] = kept.ranges().back();
}

std::span<const ArqRow> arqs() {
  static const ArqRow rows[] = {
      {Strategy::stop_and_wait, "stop-and-wait", stop_and_wait()},
      {Strategy::go_back_n, "go-back-n", go_back_n()},
      {Strategy::selective_repeat, "selective-repeat", selective_repeat()},
  };
  return rows;
}

const Arq& arq_of(Strategy strategy) {
  return std::ranges::find(arqs(), strategy, &ArqRow::strategy)->arq;
}

}  // namespace netlab::reliable
