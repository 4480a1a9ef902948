#include "transport/reliable/state/path_mtu.h"

#include <algorithm>
#include <array>
#include <utility>

namespace netlab::reliable {
namespace {

// What links are known to carry, less the headers of IP and UDP: IPv6 tunnels, PPPoE, Ethernet
// with IPv6 and IPv4, jumbo frames, and on to what a loopback does.
constexpr std::array<std::size_t, 9> known_sizes = {1232, 1392,   1452,   1472,           4322,
                                                    8972, 16'384, 32'768, max_packet_size};

}  // namespace

std::optional<std::size_t> PathMtu::next_size() const {
  if (doubted_ != 0) return doubted_;
  if (size_ >= largest_) return std::nullopt;
  const auto next = std::ranges::upper_bound(known_sizes, size_);
  return next == known_sizes.end() ? largest_ : std::min(*next, largest_);
}

std::optional<std::size_t> PathMtu::probe(Instant now) {
  if (probed_ != 0 || now < not_before_) return std::nullopt;
  return next_size();
}

void PathMtu::on_probe_sent(std::size_t size) {
  probed_ = size;
  ++attempts_;
}

void PathMtu::on_probe_acked(std::size_t size) {
  if (size != probed_) return;  // from before a fall back
  size_ = std::max(size_, size);
  probed_ = 0;
  doubted_ = 0;
  attempts_ = 0;
}

void PathMtu::on_probe_lost(Instant now, std::size_t size) {
  if (size != probed_) return;
  probed_ = 0;
  if (attempts_ < max_attempts) return;
  attempts_ = 0;
  not_before_ = now + (std::exchange(doubted_, 0) != 0 ? after_fall_back : pause);
}

void PathMtu::fall_back(Instant now) {
  doubted_ = std::exchange(size_, base_packet_size);
  probed_ = 0;
  attempts_ = 0;
  not_before_ = now;
}

}  // namespace netlab::reliable
