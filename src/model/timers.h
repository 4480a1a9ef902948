// Timers holds the deadline of each waiting task of an event loop. Most deadlines are postponed
// repeatedly and never reached. A task whose deadline is postponed therefore keeps its earlier
// entry, which is corrected when it expires. Not thread-safe.
#pragma once

#include <map>
#include <optional>

#include "base/clock.h"

namespace netlab {

template <typename Task>
class Timers {
 public:
  // A task's own part of its timer, which the task stores.
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
  // Removes the task's entry. Must be called before the task is destroyed.
  void drop(Timer& timer) {
    if (timer.entry_) entries_.erase(*timer.entry_);
    timer = Timer();
  }

  // The next instant to call take_expired(); may be too early, never too late.
  Instant next() const { return entries_.empty() ? never : entries_.begin()->first; }

  // Returns a task whose deadline has passed and clears its timer, or returns null if there is
  // none. `timer_of(task)` returns the task's timer.
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
