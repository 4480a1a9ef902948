// Reactor is the part that the two event loops have in common: a fiber per client, deadlines,
// admission and the stop. A derived class adds the loop: how to start, cancel and wait for system
// calls. One thread does everything.
//
// Fibers run only in run_ready(). Whatever ends a wait (an event, a deadline, the stop, a free
// slot) calls wake(), which only appends the task to a queue. No task is resumed from within
// another.
#pragma once

#include <deque>
#include <exception>
#include <list>
#include <optional>

#include "fiber/fiber.h"
#include "model/admission.h"
#include "model/service.h"
#include "model/timers.h"
#include "transport/performer.h"

namespace netlab {

class Reactor : public Performer {
 public:
  // Where the stacks of the fibers are. On a shared stack, an Operation and the buffers it points
  // to may not be at their addresses while its fiber waits: neither the kernel nor the loop may
  // touch them then.
  enum class Stacks { own, shared };

  // The service must outlive the reactor.
  Reactor(const Service& service, Stacks stacks);

  // Serves until stopped, or one client; see Model::serve.
  bool serve();

  // Called by handlers, on their fibers.
  void perform(Operation& operation) final;
  bool saves_stacks() const final { return shared_stack_.has_value(); }

 protected:
  // A client's session, or one of the reactor's own two: accepting, and waiting for the stop.
  struct Task {
    std::function<void()> body;
    std::unique_ptr<Stream> client;   // null: one of the reactor's own
    Address admitted;                 // the counted address: a proxy may report another peer later
    std::optional<Fiber> fiber;       // once it has started
    Operation* waiting_on = nullptr;  // while it waits
    int fd = -1;                      // the descriptor it waits for; -1: none
    bool is_ready = false;            // it is in the queue
    long result = 0;                  // why it was woken: the result of the wait, or -errno
    std::optional<Operation> first_wait;  // Stream::first_wait(), before the fiber
    Timers<Task>::Timer timer;
    int turns = 0;  // operations completed at once since it last waited
    std::list<Task>::iterator self;
  };

  // Starts the operation. Returns false if it completed at once, with its result set. With
  // try_first false, it always waits, to let the other clients run.
  virtual bool start(Operation& operation, bool try_first) = 0;
  // Called on the fiber after its wait ended with `result`: completes the operation. Returns false
  // if it must wait again.
  virtual bool complete(Operation& operation, long result) = 0;
  // Gives up the wait of a task. wake(task, why) is called for it, now or later.
  virtual void cancel(Task& task, long why) = 0;
  // Runs until done().
  virtual void loop() = 0;

  // For the loop to call.
  bool done() const { return tasks_.empty(); }
  Instant next_deadline() const { return ready_.empty() ? timers_.next() : now_; }
  void on_wakeup() { now_ = Clock::now(); }
  static Task& task_of(const Operation& operation) { return *static_cast<Task*>(operation.waiter); }
  void wake(Task& task, long result);
  void expire_deadlines();
  void run_ready();

 private:
  enum class State { running, draining, aborting };  // draining: stopped, sessions may still end

  bool is_canceled(const Task& task) const;
  Task& add_task(std::function<void()> body);
  void run(Task& task);
  void wait(Task& task, Operation& operation);
  void give_up(Task& task, long why);
  void reject(Task& task, const std::exception& why);
  void end(Task& task);

  void accept_clients(Listener& listener);
  void wait_for_slot();
  void add_session(std::unique_ptr<Stream> client);
  void wait_for_stop();

  const Service& service_;
  std::optional<SharedStack> shared_stack_;
  Instant now_ = Clock::now();
  std::unique_ptr<Network> network_;
  std::list<Task> tasks_;
  std::deque<Task*> ready_;
  Timers<Task> timers_;
  Admission admission_;
  State state_ = State::running;
  Task* current_ = nullptr;    // the task whose fiber runs
  Task* accepting_ = nullptr;  // null: accepts no more clients
  Task* stopping_ = nullptr;
  bool needs_slot_ = false;  // the accepting task waits for a session to end
  bool all_succeeded_ = true;
  Socket stop_;  // service.stop
  std::exception_ptr fault_;
};

}  // namespace netlab
