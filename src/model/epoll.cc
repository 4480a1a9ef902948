// One thread and one event loop for all clients (epoll(7)). To wait, a client's fiber tries its
// system call; if that would block, it registers the descriptor and parks. When epoll reports the
// descriptor ready, the fiber runs again and retries the call. Reactor (reactor.h) owns the tasks:
// it accepts the clients, parks their fibers and keeps their deadlines. An error or a hang-up also
// counts as ready: the retried call reports it.
#include <array>

#include "model/epoll_set.h"
#include "model/models.h"
#include "model/reactor.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

class EpollReactor : public Reactor {
 public:
  explicit EpollReactor(const Service& service) : Reactor(service, Stacks::shared) {}
  int socket_flags() const override { return SOCK_NONBLOCK; }
  void forget(const Socket& socket) override {
    if (socket.fd) epoll_.forget(socket.fd.get());
  }

 private:
  void loop() override {
    std::array<epoll_event, 256> room;
    while (!done()) {
      const auto events = epoll_.wait(room, next_deadline());
      on_wakeup();
      for (const epoll_event& event : events)
        if (Task* const task = epoll_.take(event.data.fd)) wake(*task, 0);
      expire_deadlines();
      run_ready();
    }
  }

  // Returns true if the fiber must park. A connect is always tried, because the try begins the
  // handshake.
  bool start(Operation& operation, bool try_first) override {
    using enum Operation::Kind;
    if (operation.kind == sleep) return true;  // only its deadline ends it
    const bool is_drained = operation.kind == receive && operation.socket->drained;
    const bool must_wait =
        operation.kind == readable || is_drained || (!try_first && operation.kind != connect);
    if (!must_wait) {
      operation.result = attempt(operation, SOCK_NONBLOCK);
      if (operation.result != -EAGAIN && operation.result != -EINPROGRESS) return false;
    }
    const bool is_input =
        operation.kind == receive || operation.kind == readable || operation.kind == accept;
    epoll_.add(operation.socket->fd.get(), is_input ? EPOLLIN : EPOLLOUT, task_of(operation));
    return true;
  }

  // Returns false if start() must try the call now that the descriptor is ready.
  bool complete(Operation& operation, long result) override {
    using enum Operation::Kind;
    if (operation.socket) operation.socket->drained = false;
    operation.result = result;
    if (result < 0 || operation.kind == readable) return true;
    if (operation.kind != connect) return false;
    operation.result = -call::pending_error(operation.socket->fd.get());
    return true;
  }

  void cancel(Task& task, long why) override {
    if (task.fd >= 0) epoll_.remove(task.fd);
    wake(task, why);
  }

  EpollSet<Task> epoll_;
};

}  // namespace

bool serve_with_epoll(const Service& service) {
  return EpollReactor(service).serve();
}

}  // namespace netlab
