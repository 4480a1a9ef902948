// EpollSet is an epoll instance (epoll(7), level-triggered) with the task that waits for each
// descriptor. It calls epoll_ctl(2) only when the events to wait for change.
#pragma once

#include <sys/epoll.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {

template <typename Task>
class EpollSet {
 public:
  // Waits for events until the deadline. Throws SystemError.
  std::span<const epoll_event> wait(std::span<epoll_event> events, Instant deadline) {
    const int count = call::epoll_wait(epoll_.get(), events, deadline);
    if (count < 0) throw SystemError("epoll_wait", -count);
    return events.first(static_cast<std::size_t>(count));
  }

  // The task waits for the events, EPOLLIN or EPOLLOUT. Throws SystemError.
  void add(int fd, std::uint32_t events, Task& task) {
    set_events(fd, events);
    watch_of(fd).task = &task;
  }
  void remove(int fd) { watch_of(fd).task = nullptr; }

  // Called for a descriptor with an event: returns the task that waits for it, and ends its wait.
  // Returns null if no task waits for it; epoll then stops reporting the descriptor.
  Task* take(int fd) {
    Task* const task = std::exchange(watch_of(fd).task, nullptr);
    if (!task) set_events(fd, 0);
    return task;
  }

  // The kernel removes a closed descriptor by itself, and may reuse its number.
  void forget(int fd) { watch_of(fd) = Watch(); }

 private:
  struct Watch {
    Task* task = nullptr;
    std::uint32_t events = 0;  // as last told to the kernel
  };

  Watch& watch_of(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= watches_.size()) watches_.resize(std::max(index + 1, 2 * watches_.size()));
    return watches_[index];
  }

  void set_events(int fd, std::uint32_t events) {
    Watch& watch = watch_of(fd);
    if (watch.events == events) return;
    // epoll reports hang-ups even with an empty mask, so remove the descriptor.
    const int action = watch.events == 0 ? EPOLL_CTL_ADD
                       : events == 0     ? EPOLL_CTL_DEL
                                         : EPOLL_CTL_MOD;
    const int result = call::epoll_control(epoll_.get(), action, fd, events);
    if (result < 0) throw SystemError("epoll_ctl", -result);
    watch.events = events;
  }

  Fd epoll_ = call::epoll_create();
  std::vector<Watch> watches_;  // by descriptor
};

}  // namespace netlab
