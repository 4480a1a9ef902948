#include "model/service.h"

#include "base/error.h"

namespace netlab {

void session_failed(const Service& service, const Address& client, const std::exception& error) {
  const auto* const failed = dynamic_cast<const SystemError*>(&error);
  service.failed(client, failed && failed->error() == ECANCELED ? session_aborted : error.what());
}

bool serve_client(const Service& service, Stream& client, Network& network) {
  try {
    service.handle(client, network);
    client.close();
    return true;
  } catch (const std::exception& error) {
    // SystemError, ProtocolError, or out of memory: it ends this client's session and no other.
    session_failed(service, client.peer(), error);
    client.close();
    return false;
  }
}

void start_deadline(const Service& service, Stream& client, const Network& network) {
  client.set_deadline(add_saturating(network.now(), service.limits.first_byte));
}

}  // namespace netlab
