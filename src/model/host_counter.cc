#include "model/host_counter.h"

#include <functional>
#include <random>
#include <string>

#include "base/error.h"
#include "model/admission.h"

namespace netlab {

ProxiedHostCounter::ProxiedHostCounter(std::size_t max, const std::string& max_name)
    : max_(max),
      max_name_(max_name),
      seed_(std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()) {}

ProxiedHostCounter::Slot::Slot(const ProxiedHostCounter& hosts, const Address& client) {
  if (client.is_loopback()) return;
  const std::string key = std::to_string(hosts.seed_) + client.host_key();
  auto& count = hosts.counts_[std::hash<std::string>{}(key) % hosts.counts_.size()];
  const std::uint64_t before = count.fetch_add(1);
  if (before >= hosts.max_) {
    count.fetch_sub(1);
    throw ProtocolError(host_limit_reached(before, hosts.max_name_));
  }
  count_ = &count;
}

ProxiedHostCounter::Slot::~Slot() {
  if (count_) count_->fetch_sub(1);
}

}  // namespace netlab
