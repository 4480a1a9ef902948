#include "transport/reliable/state/path_mtu.h"

#include <algorithm>
#include <array>
#include <utility>

namespace netlab::reliable {
namespace {

// Common MTUs less the IP and UDP headers: IPv6 tunnels, PPPoE, Ethernet with IPv6 and
// with IPv4, jumbo frames, and larger sizes up to loopback.
constexpr std::array<std::size_t, 9> known_sizes = {1232, 1392,   1452,   1472,           4322,
                                                    8972, 16'384, 32'768, max_packet_size};

}  // namespace

std::optional<std::size_t> PathMtu::next_size() const {
  if (size_before_fall_back_ != 0) return size_before_fall_back_;
  if (size_ >= max_size_) return std::nullopt;
  const auto next = std::ranges::upper_bound(known_sizes, size_);
  return next == known_sizes.end() ? max_size_ : std::min(*next, max_size_);
}

std::optional<std::size_t> PathMtu::probe(Instant now) {
  if (probed_size_ != 0 || now < next_probe_time_) return std::nullopt;
  return next_size();
}

void PathMtu::on_probe_sent(std::size_t size) {
  probed_size_ = size;
  ++attempts_;
}

void PathMtu::on_probe_acked(std::size_t size) {
  if (size != probed_size_) return;  // sent before a fallback
  size_ = std::max(size_, size);
  probed_size_ = 0;
  size_before_fall_back_ = 0;
  attempts_ = 0;
}

void PathMtu::on_probe_lost(Instant now, std::size_t size) {
  if (size != probed_size_) return;
  probed_size_ = 0;
  if (attempts_ < max_attempts) return;
  attempts_ = 0;
  next_probe_time_ =
      now + (std::exchange(size_before_fall_back_, 0) != 0 ? retry_after_fall_back : raise_timer);
}

void PathMtu::fall_back(Instant now) {
  size_before_fall_back_ = std::exchange(size_, base_packet_size);
  probed_size_ = 0;
  attempts_ = 0;
  next_probe_time_ = now;
}

}  // namespace netlab::reliable
