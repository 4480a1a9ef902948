#include "model/admission.h"

namespace netlab {

bool Admission::admit(const Address& client) {
  if (!client.is_loopback()) {
    std::size_t& host_clients = by_host_[client.host_key()];
    if (host_clients >= service_.limits.max_per_host) {
      service_.failed(client, "refused: this host already has " + std::to_string(host_clients) +
                                  " connections (--max-per-host)");
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
