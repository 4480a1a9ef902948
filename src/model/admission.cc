#include "model/admission.h"

namespace netlab {

bool Admission::admit(const Address& client) {
  if (!client.is_loopback()) {
    std::size_t& of_host = by_host_[client.host_key()];
    if (of_host >= service_.limits.max_per_host) {
      service_.failed(client, "refused: this host has " + std::to_string(of_host) +
                                  " connections already (--max-per-host)");
      return false;
    }
    ++of_host;
  }
  ++clients_;
  return true;
}

void Admission::leave(const Address& client) {
  --clients_;
  if (client.is_loopback()) return;
  const auto of_host = by_host_.find(client.host_key());
  if (--of_host->second == 0) by_host_.erase(of_host);
}

}  // namespace netlab
