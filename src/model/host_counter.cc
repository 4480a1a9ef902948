#include "model/host_counter.h"

#include <functional>
#include <random>
#include <string>

#include "base/error.h"

namespace netlab {

ProxiedHostCounter::ProxiedHostCounter(std::size_t max)
    : max_(max), seed_(std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()) {}

ProxiedHostCounter::Slot::Slot(const ProxiedHostCounter& hosts, const Address& client) {
  if (client.is_loopback()) return;
  const std::string key = std::to_string(hosts.seed_) + client.host_key();
  auto& count = hosts.counts_[std::hash<std::string>{}(key) % hosts.counts_.size()];
  const std::uint64_t before = count.fetch_add(1);
  if (before >= hosts.max_) {
    count.fetch_sub(1);
    throw ProtocolError("refused: this host already has " + std::to_string(before) +
                        " connections (--max-per-host)");
  }
  count_ = &count;
}

ProxiedHostCounter::Slot::~Slot() {
  if (count_) count_->fetch_sub(1);
}

}  // namespace netlab
