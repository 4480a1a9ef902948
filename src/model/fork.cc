// One process per client, as in the lab sheet: the parent accepts and closes the connected socket;
// the child closes the listening one, serves the client and exits. A child that crashes harms no
// other client.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "model/children.h"
#include "model/models.h"
#include "transport/blocking_performer.h"

namespace netlab {

bool serve_with_fork(const Service& service) {
  Children children(service);
  BlockingPerformer performer;
  const auto network = service.transport.over(performer);
  auto listener = service.listen(*network);
  service.listening(*listener);
  const int listening = listener->poll_fd();

  bool stopped = false;
  bool had_client = false;  // the listener may have buffered more (Listener::poll_fd)
  while (!stopped) {
    const bool is_full = children.full();
    stopped =
        is_full ? children.wait(-1) : children.wait(listening, had_client ? Clock::now() : never);
    if (stopped || is_full) continue;
    auto client = listener->try_accept();
    had_client = client != nullptr;
    if (!client) continue;
    const Address peer = client->peer();
    if (!children.admit(peer)) {
      client->abort();
      continue;
    }
    start_deadline(service, *client, *network);

    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);              // die with the parent ...
      if (getppid() != parent) _exit(EXIT_FAILURE);  // ... which may have died meanwhile
      listener.reset();                              // the child closes the listening socket
      const bool succeeded = serve_client(service, *client, *network);
      client.reset();
      _exit(succeeded ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    if (pid < 0)
      children.reject(peer, SystemError("fork").what());
    else
      children.add(pid, peer, client->abort_notifier());
    client.reset();  // the parent closes the connected socket
    if (service.once) break;
  }
  listener.reset();
  // With --once, the only client has no time limit, but a stop must still end it.
  while (service.once && !children.empty() && !stopped) stopped = children.wait(-1);
  children.end_within(service.limits.grace);
  return !service.once || children.all_succeeded();
}

}  // namespace netlab
