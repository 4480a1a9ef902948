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
// How long aborted sessions have to end.
constexpr auto abort_timeout = std::chrono::milliseconds(100);

}  // namespace

GracefulStop::GracefulStop(const Service& service, Listener& listener)
    : done_(stop_descriptor()),
      watcher_([this, &service, &listener] { watch(service, listener); }) {}

GracefulStop::~GracefulStop() {
  stop_now(done_);
  watcher_.join();
}

// Returns true on a request to stop, false when `until` has passed or the server has finished.
bool GracefulStop::wait(int stop, Instant until) {
  std::array<pollfd, 2> polled{pollfd{stop, POLLIN, 0}, pollfd{done_.get(), POLLIN, 0}};
  call::poll(polled, until);
  return polled[1].revents == 0 && take_stop(stop);
}

void GracefulStop::watch(const Service& service, Listener& listener) {
  if (!wait(service.stop, never)) return;
  service.stopping();
  listener.stop_accepting();
  wait(service.stop, add_saturating(Clock::now(), service.limits.grace));
  abort_sessions();
  // A session that waits for input from the terminal does not notice the abort. It ends with the
  // process.
  pollfd done{done_.get(), POLLIN, 0};
  if (call::poll({&done, 1}, add_saturating(Clock::now(), abort_timeout)) != 0) return;
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
  position_ = stop.sessions_.insert(stop.sessions_.end(), &client);
  if (stop.aborting_) client.abort();
}

GracefulStop::SessionGuard::~SessionGuard() {
  const std::lock_guard lock(stop_.mutex_);
  stop_.sessions_.erase(position_);
}

}  // namespace netlab
