// Timers holds, for each waiting task of an event loop, the instant at which its wait ends. Most
// deadlines are moved on again and again and never reached, so that a task whose deadline moves to
// later keeps its earlier entry, which is put right when it comes up.
#pragma once

#include <map>
#include <optional>

#include "base/clock.h"

namespace netlab {

template <typename Task>
class Timers {
 public:
  // What a task keeps of its timer.
  class Timer {
   public:
    Timer() = default;

   private:
    friend class Timers;
    Instant deadline_ = never;
    std::optional<typename std::multimap<Instant, Task*>::iterator> entry_;
  };

  void set(Task& task, Timer& timer, Instant deadline) {
    timer.deadline_ = deadline;
    if (deadline == never || (timer.entry_ && (*timer.entry_)->first <= deadline)) return;
    drop(timer);
    timer.entry_ = entries_.emplace(deadline, &task);
    timer.deadline_ = deadline;
  }
  void clear(Timer& timer) { timer.deadline_ = never; }
  // Before the task is gone.
  void drop(Timer& timer) {
    if (timer.entry_) entries_.erase(*timer.entry_);
    timer = Timer();
  }

  // When to look again; early rather than late.
  Instant next() const { return entries_.empty() ? never : entries_.begin()->first; }

  // The next task whose deadline has passed, whose timer is then cleared; null when there is none.
  // `timer_of(task)` gives the task's timer.
  template <typename TimerOf>
  Task* take_expired(Instant now, TimerOf timer_of) {
    while (next() <= now) {
      Task& task = *entries_.begin()->second;
      Timer& timer = timer_of(task);
      const Instant deadline = timer.deadline_;
      drop(timer);
      if (deadline <= now) return &task;
      set(task, timer, deadline);
    }
    return nullptr;
  }

 private:
  std::multimap<Instant, Task*> entries_;
};

}  // namespace netlab
