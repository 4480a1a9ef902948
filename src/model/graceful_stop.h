// Stopping a server: a descriptor becomes readable when it is asked to, by SIGINT and SIGTERM or by
// the program itself, and once more for each time it is asked again.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "model/service.h"
#include "socket/fd.h"
#include "socket/signals.h"

namespace netlab {

// Ends a server of blocking calls. A thread of its own waits for the request, then cuts the
// listener, so that accept returns; after the grace, or asked again, it cuts the clients still
// there.
class GracefulStop {
 public:
  GracefulStop(const Service& service, Listener& listener);
  ~GracefulStop();
  GracefulStop(const GracefulStop&) = delete;
  GracefulStop& operator=(const GracefulStop&) = delete;

  // The client to be cut, from here until the SessionGuard is gone.
  class SessionGuard {
   public:
    SessionGuard(GracefulStop& stop, Stream& client);
    ~SessionGuard();
    SessionGuard(const SessionGuard&) = delete;
    SessionGuard& operator=(const SessionGuard&) = delete;

   private:
    GracefulStop& stop_;
    std::list<Stream*>::iterator place_;
  };

 private:
  void watch(const Service& service, Listener& listener);
  bool wait(int stop, Instant until);
  void abort_sessions();

  Fd over_;  // readable: nobody is left to be cut
  std::mutex mutex_;
  std::list<Stream*> sessions_;
  bool aborting_ = false;  // who comes now is cut at once
  std::thread watcher_;
};

}  // namespace netlab
