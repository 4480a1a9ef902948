// Reactor is what the two event loops share: a fiber for each client, deadlines, admission and the
// stop. What they differ in is below `protected`: how a wait is begun, given up and heard of. One
// thread does everything.
#pragma once

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
  // The service outlives the reactor.
  explicit Reactor(const Service& service);

  // Serves until stopped, or once; see Model::serve.
  bool serve();

  // Called by handlers, on their fibers.
  void perform(Operation& operation) final;
  Instant now() const final { return Clock::now(); }

 protected:
  // Begins to wait. False: it is done already, and result is set. `try_first`: false when the fiber
  // has had its share and others shall have their turn before.
  virtual bool start(Operation& operation, bool try_first) = 0;
  // Gives the wait up; finish(operation, why) is called for it, now or later.
  virtual void cancel(Operation& operation, long why) = 0;
  // The loop: turns until over().
  virtual void loop() = 0;

  // For the loop to call.
  bool done() const { return tasks_.empty(); }
  Instant next_deadline() const { return timers_.next(); }
  void on_wakeup() { now_ = Clock::now(); }
  void finish(Operation& operation, long result);
  void expire_deadlines();

 private:
  // Something that goes on by itself: a client's session, the accepting, the waiting for the stop.
  struct Task {
    std::function<void()> body;
    std::unique_ptr<Stream> client;   // of a session
    Address admitted;                 // who was counted in: a proxy may tell another peer later
    std::optional<Fiber> fiber;       // once it has started
    Operation* waiting_on = nullptr;  // while it is parked
    Operation first_bytes{};          // waited for before a session starts
    Timers<Task>::Timer timer;
    int turns = 0;  // operations done at once since it was parked
    std::list<Task>::iterator place;
  };

  Task& add_task(std::function<void()> body);
  void run(Task& task);
  void reject(Task& task, const std::exception& why);
  void end(Task& task);
  void wait(Task& task, Operation& operation);
  void give_up(Task& task, long why);

  void accept_clients(Listener& listener);
  void add_session(std::unique_ptr<Stream> client);
  void wait_for_stop();
  void wait_for_place();

  const Service& service_;
  Instant now_ = Clock::now();
  std::unique_ptr<Network> network_;
  std::list<Task> tasks_;
  Timers<Task> timers_;
  Admission admission_;
  Task* current_ = nullptr;
  Task* accepting_ = nullptr;  // null: no longer
  Task* stopping_ = nullptr;
  bool waits_for_place_ = false;
  bool stopped_ = false;
  bool aborting_ = false;  // sessions are being ended: all waits fail with ECANCELED
  bool all_succeeded_ = true;
  Socket stop_;  // service.stop
  std::exception_ptr fault_;
};

}  // namespace netlab
