#include "model/admission.h"

namespace netlab {

std::string host_limit_reached(std::size_t connections, const std::string& limit_name) {
  return "rejected: this host already has " + std::to_string(connections) + " connections (" +
         limit_name + ")";
}

bool Admission::admit(const Address& client) {
  if (!client.is_loopback()) {
    std::size_t& host_clients = by_host_[client.host_key()];
    const Limits& limits = service_.limits;
    if (host_clients >= limits.max_per_host) {
      service_.failed(client, host_limit_reached(host_clients, limits.max_per_host_name));
      return false;
    }
    ++host_clients;
  }
  ++clients_;
  return true;
}

void Admission::leave(const Address& client) {
  --clients_;
  if (client.is_loopback()) return;
  const auto host = by_host_.find(client.host_key());
  if (--host->second == 0) by_host_.erase(host);
}

}  // namespace netlab
