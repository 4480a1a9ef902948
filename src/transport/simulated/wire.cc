#include "transport/simulated/wire.h"

#include <algorithm>

namespace netlab::simulated {

const char* Wire::send(Instant now, std::span<const std::byte> datagram) {
  const Duration passed = now - start_;
  const Fate fate = link_.pass(*line_.pass(now, datagram.size()), datagram.size());
  const bool is_black = std::ranges::any_of(settings_.blackouts, [&](const Span& blackout) {
    return passed >= blackout.from && passed < blackout.to;
  });
  if (is_black) return "blackout";
  const bool changed = passed >= settings_.mtu_changes;
  if (datagram.size() > (changed ? settings_.later_mtu : settings_.mtu)) return "too large";
  if (fate.outcome == Fate::Outcome::overflow) return "overflow";
  if (fate.outcome != Fate::Outcome::passed) return "lost";
  std::vector<std::byte> copy(datagram.begin(), datagram.end());
  fate.corrupt(copy);
  if (fate.duplicated) coming_.emplace(fate.at, copy);
  coming_.emplace(fate.at, std::move(copy));
  if (fate.flipped_bit) return "corrupted";
  return fate.duplicated ? "doubled" : fate.reordered ? "held back" : "";
}

std::vector<std::byte> Wire::take() {
  auto packet = std::move(coming_.begin()->second);
  coming_.erase(coming_.begin());
  return packet;
}

}  // namespace netlab::simulated
