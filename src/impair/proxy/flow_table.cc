#include "impair/proxy/flow_table.h"

namespace netlab {
namespace {

// Returns a map key that differs between IPv4 and IPv6 clients.
std::string key_of(const Address& address) {
  return address.host_key() + ":" + std::to_string(address.port());
}

}  // namespace

Flow* FlowTable::find(const Address& client) {
  if (!flows_.empty() && flows_.back().client == client) return &flows_.back();
  const auto found = by_client_.find(key_of(client));
  return found == by_client_.end() ? nullptr : &*found->second;
}

Flow& FlowTable::add(Flow flow) {
  const auto added = flows_.insert(flows_.end(), std::move(flow));
  by_client_[key_of(added->client)] = added;
  by_socket_[added->server.get()] = added;
  return *added;
}

void FlowTable::touch(Flow& flow, Instant now) {
  flow.last_heard = now;
  if (&flow == &flows_.back()) return;
  flows_.splice(flows_.end(), flows_, by_socket_.at(flow.server.get()));
}

Instant FlowTable::next_expiry() const {
  return flows_.empty() ? never : add_saturating(flows_.front().last_heard, idle_timeout_);
}

std::optional<Flow> FlowTable::take_expired(Instant now) {
  while (next_expiry() <= now) {
    Flow& flow = flows_.front();
    if (flow.batches_in_flight > 0) {
      touch(flow, now);
      continue;
    }
    by_client_.erase(key_of(flow.client));
    by_socket_.erase(flow.server.get());
    Flow expired = std::move(flow);
    flows_.pop_front();
    return expired;
  }
  return std::nullopt;
}

}  // namespace netlab
