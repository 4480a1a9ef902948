// GracefulStop ends a server that makes blocking calls. Its own thread waits for a request to stop
// on service.stop (SIGINT, SIGTERM or stop_now(), socket/signals.h), then stops the listener, which
// makes accept() return. After the grace period, or on a second request, it aborts the sessions
// that are left. A session that still does not end is ended with the process (_exit(2)).
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "model/service.h"
#include "socket/fd.h"
#include "socket/signals.h"

namespace netlab {

// The service and the listener must outlive it.
class GracefulStop {
 public:
  GracefulStop(const Service& service, Listener& listener);
  ~GracefulStop();
  GracefulStop(const GracefulStop&) = delete;
  GracefulStop& operator=(const GracefulStop&) = delete;

  // Registers a client's session: while the guard exists, a stop may abort the client.
  class SessionGuard {
   public:
    SessionGuard(GracefulStop& stop, Stream& client);
    ~SessionGuard();
    SessionGuard(const SessionGuard&) = delete;
    SessionGuard& operator=(const SessionGuard&) = delete;

   private:
    GracefulStop& stop_;
    std::list<Stream*>::iterator position_;
  };

 private:
  void watch(const Service& service, Listener& listener);
  bool wait(int stop, Instant until);
  void abort_sessions();

  Fd done_;  // readable once the server has finished
  std::mutex mutex_;
  std::list<Stream*> sessions_;
  bool aborting_ = false;  // a session registered from now on is aborted at once
  std::thread watcher_;
};

}  // namespace netlab
