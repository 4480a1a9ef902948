#include "impair/simulation/path.h"

#include <algorithm>

#include "transport/reliable/wire/packet.h"

namespace netlab::simulated {
namespace {
constexpr auto replay_delay = std::chrono::milliseconds(700);
}

const char* Path::send(Instant now, std::span<const std::byte> datagram) {
  const Duration elapsed = now - start_;
  const Fate fate = link_.pass(*bottleneck_.pass(now, datagram.size()), datagram.size());
  const bool in_blackout = std::ranges::any_of(settings_.blackouts, [&](const Interval& blackout) {
    return elapsed >= blackout.from && elapsed < blackout.to;
  });
  if (in_blackout) return "blackout";
  const bool mtu_changed = elapsed >= settings_.mtu_changes;
  if (datagram.size() > (mtu_changed ? settings_.later_mtu : settings_.mtu)) return "too large";
  if (fate.outcome == Fate::Outcome::overflow) return "overflow";
  if (fate.outcome != Fate::Outcome::passed) return "lost";
  if (settings_.inject_every > 0 && ++sent_ % settings_.inject_every == 0)
    inject(fate.at, datagram);
  std::vector<std::byte> copy(datagram.begin(), datagram.end());
  fate.corrupt(copy);
  if (fate.duplicated) in_flight_.emplace(fate.at, copy);
  in_flight_.emplace(fate.at, std::move(copy));
  if (fate.flipped_bit) return "corrupted";
  return fate.duplicated ? "duplicated" : fate.reordered ? "reordered" : "";
}

void Path::inject(Instant at, std::span<const std::byte> datagram) {
  std::vector<std::byte> copy(datagram.begin(), datagram.end());
  in_flight_.emplace(at + replay_delay, copy);
  reliable::readdress(sent_, copy);
  in_flight_.emplace(at, std::move(copy));
}

std::vector<std::byte> Path::take() {
  auto packet = std::move(in_flight_.begin()->second);
  in_flight_.erase(in_flight_.begin());
  return packet;
}

}  // namespace netlab::simulated
