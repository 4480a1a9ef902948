#include "impair/simulation/path.h"

#include <algorithm>

#include "transport/reliable/wire/crc32c.h"

namespace netlab::simulated {
namespace {

constexpr auto replayed_after = std::chrono::milliseconds(700);

// Another id, and a sum that is right (docs/protocols.md, "The reliable transport").
void readdress(std::span<std::byte> packet, std::uint64_t id) {
  for (std::size_t i = 0; i < 8; ++i) packet[8 + i] = static_cast<std::byte>(id >> (56 - 8 * i));
  const std::uint32_t sum = reliable::crc32c(packet.subspan(4));
  for (std::size_t i = 0; i < 4; ++i) packet[i] = static_cast<std::byte>(sum >> (24 - 8 * i));
}

}  // namespace

const char* Path::send(Instant now, std::span<const std::byte> datagram) {
  const Duration passed = now - start_;
  const Fate fate = link_.pass(*bottleneck_.pass(now, datagram.size()), datagram.size());
  const bool is_black = std::ranges::any_of(settings_.blackouts, [&](const Interval& blackout) {
    return passed >= blackout.from && passed < blackout.to;
  });
  if (is_black) return "blackout";
  const bool changed = passed >= settings_.mtu_changes;
  if (datagram.size() > (changed ? settings_.later_mtu : settings_.mtu)) return "too large";
  if (fate.outcome == Fate::Outcome::overflow) return "overflow";
  if (fate.outcome != Fate::Outcome::passed) return "lost";
  if (settings_.inject_every > 0 && ++sent_ % settings_.inject_every == 0)
    inject(fate.at, datagram);
  std::vector<std::byte> copy(datagram.begin(), datagram.end());
  fate.corrupt(copy);
  if (fate.duplicated) coming_.emplace(fate.at, copy);
  coming_.emplace(fate.at, std::move(copy));
  if (fate.flipped_bit) return "corrupted";
  return fate.duplicated ? "doubled" : fate.reordered ? "held back" : "";
}

void Path::inject(Instant at, std::span<const std::byte> datagram) {
  std::vector<std::byte> copy(datagram.begin(), datagram.end());
  coming_.emplace(at + replayed_after, copy);
  readdress(copy, sent_);
  coming_.emplace(at, std::move(copy));
}

std::vector<std::byte> Path::take() {
  auto packet = std::move(coming_.begin()->second);
  coming_.erase(coming_.begin());
  return packet;
}

}  // namespace netlab::simulated
