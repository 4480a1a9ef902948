// One thread and one epoll instance for all clients (epoll(7), level-triggered). A wait is: try the
// call; if it would block, tell epoll what to look for and park the fiber; when epoll reports the
// descriptor, try again.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "model/models.h"
#include "model/reactor.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

class EpollReactor : public Reactor {
 public:
  using Reactor::Reactor;
  int socket_flags() const override { return SOCK_NONBLOCK; }
  void forget(const Socket& socket) override;

 protected:
  bool start(Operation& operation, bool try_first) override;
  void cancel(Operation& operation, long why) override;
  void loop() override;

 private:
  // What epoll has been told of a descriptor, and who waits for it.
  struct Watch {
    Operation* waiting = nullptr;
    std::uint32_t events = 0;
  };

  Watch& watch_of(int fd);
  void look_for(int fd, std::uint32_t events);
  void ready(int fd);

  Fd epoll_ = call::epoll_create();
  std::vector<Watch> watches_;  // by descriptor
};

void EpollReactor::loop() {
  std::array<epoll_event, 256> events;
  while (!done()) {
    const int count = call::epoll_wait(epoll_.get(), events, next_deadline());
    if (count < 0) throw SystemError("epoll_wait", -count);
    on_wakeup();
    for (int i = 0; i < count; ++i) ready(events[static_cast<std::size_t>(i)].data.fd);
    expire_deadlines();
  }
}

void EpollReactor::ready(int fd) {
  Operation* const operation = watch_of(fd).waiting;
  if (!operation) {  // its fiber waits for something else: level-triggered, this would come again
    look_for(fd, 0);
    return;
  }
  long result = 0;
  if (operation->kind == Operation::Kind::connect)
    result = -call::pending_error(fd);
  else if (operation->kind != Operation::Kind::readable)
    result = attempt(*operation, socket_flags());
  if (result == -EAGAIN) return;
  watch_of(fd).waiting = nullptr;
  finish(*operation, result);
}

bool EpollReactor::start(Operation& operation, bool try_first) {
  if (operation.kind == Operation::Kind::sleep) return true;  // a deadline and nothing else
  const bool reads = operation.kind == Operation::Kind::receive;
  const bool sure_to_wait = operation.kind == Operation::Kind::readable ||
                            (reads && operation.socket->drained) ||
                            (!try_first && operation.kind != Operation::Kind::connect);
  if (!sure_to_wait) {
    operation.result = attempt(operation, socket_flags());
    if (operation.result != -EAGAIN && operation.result != -EINPROGRESS) return false;
  }
  const bool incoming = reads || operation.kind == Operation::Kind::readable ||
                        operation.kind == Operation::Kind::accept;
  const int fd = operation.socket->fd.get();
  look_for(fd, incoming ? EPOLLIN : EPOLLOUT);
  watch_of(fd).waiting = &operation;
  return true;
}

void EpollReactor::cancel(Operation& operation, long why) {
  if (operation.socket) watch_of(operation.socket->fd.get()).waiting = nullptr;
  finish(operation, why);
}

void EpollReactor::look_for(int fd, std::uint32_t events) {
  Watch& watch = watch_of(fd);
  if (watch.events == events) return;
  // Of a descriptor that is watched for nothing epoll still reports hang-ups, hence DEL.
  const int action = watch.events == 0 ? EPOLL_CTL_ADD
                     : events == 0     ? EPOLL_CTL_DEL
                                       : EPOLL_CTL_MOD;
  const int result = call::epoll_control(epoll_.get(), action, fd, events);
  if (result < 0) throw SystemError("epoll_ctl", -result);
  watch.events = events;
}

// The kernel forgets a descriptor when it is closed; its number will be another's.
void EpollReactor::forget(const Socket& socket) {
  if (socket.fd) watch_of(socket.fd.get()) = Watch();
}

EpollReactor::Watch& EpollReactor::watch_of(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= watches_.size())
    watches_.resize(std::max<std::size_t>(index + 1, 2 * watches_.size()));
  return watches_[index];
}

}  // namespace

bool serve_with_epoll(const Service& service) {
  return EpollReactor(service).serve();
}

}  // namespace netlab
