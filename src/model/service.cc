#include "model/service.h"

#include "base/error.h"

namespace netlab {

void session_failed(const Service& service, const Address& client, const std::exception& error) {
  const auto* const system_error = dynamic_cast<const SystemError*>(&error);
  const bool is_aborted = system_error && system_error->error() == ECANCELED;
  service.failed(client, is_aborted ? session_aborted : error.what());
}

bool serve_client(const Service& service, Stream& client, Network& network) {
  try {
    service.handle(client, network);
    client.close();
    return true;
  } catch (const std::exception& error) {
    // SystemError, ProtocolError or std::bad_alloc ends only this client's session.
    session_failed(service, client.peer(), error);
    client.close();
    return false;
  }
}

void start_deadline(const Service& service, Stream& client, const Network& network) {
  client.set_deadline(add_saturating(network.now(), service.limits.idle_timeout));
}

}  // namespace netlab
