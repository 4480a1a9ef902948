// One client after the other: while one is served, the others wait in the listener's queue, and one
// that says nothing holds all of them up. This is the loop of the lab sheets' server.
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
    const GracefulStop::SessionGuard guest(stop, *client);
    start_deadline(service, *client, *network);
    const bool well = serve_client(service, *client, *network);
    if (service.once) return well;
  }
  return true;
}

}  // namespace netlab
