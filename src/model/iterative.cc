// Serves one client at a time. Meanwhile the other clients wait in the listener's backlog, and a
// silent client delays them all. This is the loop of the lab sheets' server.
#include "model/graceful_stop.h"
#include "model/models.h"
#include "transport/blocking_performer.h"

namespace netlab {

bool serve_iteratively(const Service& service) {
  BlockingPerformer performer;
  const auto network = service.transport.over(performer);
  const auto listener = service.listen(*network);
  service.listening(*listener);
  GracefulStop stop(service, *listener);
  while (const auto client = listener->accept()) {
    const GracefulStop::SessionGuard guard(stop, *client);
    start_deadline(service, *client, *network);
    const bool succeeded = serve_client(service, *client, *network);
    if (service.once) return succeeded;
  }
  return true;
}

}  // namespace netlab
