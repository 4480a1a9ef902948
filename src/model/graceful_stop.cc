#include "model/graceful_stop.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/error.h"
#include "socket/signals.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {
// How long sessions that were cut have to end.
constexpr auto last_patience = std::chrono::milliseconds(100);

}  // namespace

GracefulStop::GracefulStop(const Service& service, Listener& listener)
    : over_(stop_descriptor()),
      watcher_([this, &service, &listener] { watch(service, listener); }) {}

GracefulStop::~GracefulStop() {
  stop_now(over_);
  watcher_.join();
}

// Returns true when asked to stop, false when the time is up or everything is over.
bool GracefulStop::wait(int stop, Instant until) {
  std::array<pollfd, 2> waited_for{pollfd{stop, POLLIN, 0}, pollfd{over_.get(), POLLIN, 0}};
  call::poll(waited_for, until);
  return waited_for[1].revents == 0 && take_stop(stop);
}

void GracefulStop::watch(const Service& service, Listener& listener) {
  if (!wait(service.stop, never)) return;
  service.stopping();
  listener.stop_accepting();
  wait(service.stop, add_saturating(Clock::now(), service.limits.grace));
  abort_sessions();
  // A session that waits for a person at the keyboard does not notice; it goes down with the
  // process.
  pollfd over{over_.get(), POLLIN, 0};
  if (call::poll({&over, 1}, add_saturating(Clock::now(), last_patience)) != 0) return;
  const std::lock_guard lock(mutex_);
  for (const Stream* client : sessions_) service.failed(client->peer(), session_aborted);
  _exit(service.once ? EXIT_FAILURE : EXIT_SUCCESS);
}

void GracefulStop::abort_sessions() {
  const std::lock_guard lock(mutex_);
  aborting_ = true;
  for (Stream* client : sessions_) client->abort();
}

GracefulStop::SessionGuard::SessionGuard(GracefulStop& stop, Stream& client) : stop_(stop) {
  const std::lock_guard lock(stop.mutex_);
  place_ = stop.sessions_.insert(stop.sessions_.end(), &client);
  if (stop.aborting_) client.abort();
}

GracefulStop::SessionGuard::~SessionGuard() {
  const std::lock_guard lock(stop_.mutex_);
  stop_.sessions_.erase(place_);
}

}  // namespace netlab
