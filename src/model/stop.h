// Stopping a server: a descriptor becomes readable when it is asked to, by SIGINT and SIGTERM or by
// the program itself, and once more for each time it is asked again.
#pragma once

#include <functional>
#include <initializer_list>
#include <list>
#include <mutex>
#include <thread>

#include "model/service.h"
#include "socket/fd.h"

namespace netlab {

// From now on these signals are read from the descriptor instead of being delivered: to be called
// before any thread exists (signalfd(2)).
Fd signals_as_descriptor(std::initializer_list<int> signals);

// The process dies of that of these signals that has come, as it would have if they had not been
// read from a descriptor: whoever started it sees so.
[[noreturn]] void end_by_signal(std::initializer_list<int> signals);

// sendfile(2) to a client that is gone raises SIGPIPE, whatever the flags of the socket. In this
// thread, and those and the processes that it starts, it is but the error EPIPE.
void block_broken_pipe();

// For a server in a thread of the program: stop_now() is what makes it readable (eventfd(2)).
Fd stop_descriptor();
void stop_now(const Fd& stop);

// Takes one request to stop; false when there is none.
bool take_stop(int stop);

// Ends a server of blocking calls. A thread of its own waits for the request, then cuts the
// listener, so that accept returns; after the grace, or asked again, it cuts the clients still
// there.
class GracefulStop {
 public:
  GracefulStop(const Service& service, Listener& listener);
  ~GracefulStop();
  GracefulStop(const GracefulStop&) = delete;
  GracefulStop& operator=(const GracefulStop&) = delete;

  // The client to be cut, from here until the Guest is gone.
  class Guest {
   public:
    Guest(GracefulStop& stop, Stream& client);
    ~Guest();
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;

   private:
    GracefulStop& stop_;
    std::list<Stream*>::iterator place_;
  };

 private:
  void watch(const Service& service, Listener& listener);
  bool wait(int stop, Instant until);
  void cut_guests();

  Fd over_;  // readable: nobody is left to be cut
  std::mutex mutex_;
  std::list<Stream*> guests_;
  bool cutting_ = false;  // who comes now is cut at once
  std::thread watcher_;
};

}  // namespace netlab
