#include "model/reactor.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"
#include "socket/signals.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {
// How many operations a fiber may complete without waiting before the other clients run.
constexpr int max_turns = 16;
}  // namespace

Reactor::Reactor(const Service& service, Stacks stacks)
    : service_(service), network_(service.transport.over(*this)), admission_(service) {
  if (stacks == Stacks::shared) shared_stack_.emplace();
  stop_.fd = call::duplicate(service.stop);
}

bool Reactor::serve() {
  const auto listener = service_.listen(*network_);
  service_.listening(*listener);
  stopping_ = &add_task([this] { wait_for_stop(); });
  accepting_ = &add_task([this, &listener] { accept_clients(*listener); });
  wake(*stopping_, 0);
  wake(*accepting_, 0);
  run_ready();
  loop();
  if (fault_) std::rethrow_exception(fault_);
  return !service_.once || all_succeeded_;
}

void Reactor::perform(Operation& operation) {
  assert(current_);
  Task& task = *current_;
  if (operation.kind == Operation::Kind::sleep) {
    // Even a sleep that is already over lets the other clients run.
    operation.deadline = std::max(operation.deadline, now_ + Duration(1));
  } else if (operation.deadline <= now_ && !is_canceled(task)) {
    operation.result = -ETIMEDOUT;
    return;
  }
  operation.waiter = &task;
  for (bool try_first = ++task.turns <= max_turns;; try_first = true) {
    // Checked before each wait: give_up() skips a task that is queued, so a stop may not
    // have canceled this one.
    if (is_canceled(task)) {
      operation.result = -ECANCELED;
      return;
    }
    if (!start(operation, try_first)) return;
    task.turns = 0;
    wait(task, operation);
    Fiber::park();
    if (complete(operation, task.result)) return;
  }
}

// Whether the state of the server ends all waits of the task.
bool Reactor::is_canceled(const Task& task) const {
  return task.client ? state_ == State::aborting : &task == accepting_ && state_ != State::running;
}

void Reactor::wait(Task& task, Operation& operation) {
  task.waiting_on = &operation;
  task.fd = operation.socket ? operation.socket->fd.get() : -1;
  timers_.set(task, task.timer, operation.deadline);
}

void Reactor::wake(Task& task, long result) {
  if (task.is_ready) return;
  task.is_ready = true;
  task.result = result;
  task.waiting_on = nullptr;
  timers_.clear(task.timer);
  ready_.push_back(&task);
}

void Reactor::run_ready() {
  // A task that a running one wakes has its turn in the next round, after the events.
  for (std::size_t left = ready_.size(); left > 0; --left) {
    Task& task = *ready_.front();
    ready_.pop_front();
    task.is_ready = false;
    run(task);
  }
}

void Reactor::expire_deadlines() {
  const auto timer_of = [](Task& task) -> Timers<Task>::Timer& { return task.timer; };
  while (Task* const task = timers_.take_expired(now_, timer_of)) give_up(*task, -ETIMEDOUT);
}

void Reactor::give_up(Task& task, long why) {
  if (task.waiting_on) cancel(task, why);
}

Reactor::Task& Reactor::add_task(std::function<void()> body) {
  Task& task = tasks_.emplace_back();
  task.body = std::move(body);
  task.self = std::prev(tasks_.end());
  return task;
}

void Reactor::run(Task& task) {
  if (!task.fiber && task.result < 0) {
    reject(task, SystemError("no first byte", static_cast<int>(-task.result)));
    return;
  }
  try {
    if (!task.fiber)
      task.fiber.emplace(std::move(task.body), shared_stack_ ? &*shared_stack_ : nullptr);
  } catch (const std::exception& error) {  // no memory for a stack
    if (!task.client) throw;
    reject(task, error);
    return;
  }
  current_ = &task;
  task.fiber->resume();
  current_ = nullptr;
  if (task.fiber->done()) end(task);
}

void Reactor::reject(Task& task, const std::exception& why) {
  all_succeeded_ = false;
  session_failed(service_, task.client->peer(), why);
  task.client->abort();
  end(task);
}

void Reactor::end(Task& task) {
  if (&task == accepting_) accepting_ = nullptr;
  if (&task == stopping_) stopping_ = nullptr;
  if (task.client) admission_.leave(task.admitted);
  timers_.drop(task.timer);
  tasks_.erase(task.self);  // closes the client's socket
  if (needs_slot_ && !admission_.full()) wake(*accepting_, 0);
  // When only the watch for the stop is left, there is nothing to stop.
  if (tasks_.size() == 1 && stopping_) give_up(*stopping_, -ECANCELED);
}

void Reactor::accept_clients(Listener& listener) {
  try {
    while (auto client = listener.accept()) {
      if (state_ != State::running) break;  // the stop was requested at the same time
      if (!admission_.admit(client->peer())) {
        client->abort();
        continue;
      }
      start_deadline(service_, *client, *network_);
      add_session(std::move(client));
      if (service_.once) break;
      wait_for_slot();
      if (state_ != State::running) break;
    }
  } catch (const SystemError&) {
    fault_ = std::current_exception();
  }
  listener.stop_accepting();
}

void Reactor::wait_for_slot() {
  if (!admission_.full()) return;
  needs_slot_ = true;
  Fiber::park();
  needs_slot_ = false;
}

void Reactor::add_session(std::unique_ptr<Stream> client) {
  Task& task = add_task({});
  task.client = std::move(client);
  task.admitted = task.client->peer();
  task.body = [this, &task] {
    all_succeeded_ = serve_client(service_, *task.client, *network_) && all_succeeded_;
  };
  // A client that has sent nothing yet needs no fiber.
  if (!service_.server_speaks_first) task.first_wait = task.client->first_wait();
  if (!task.first_wait) {
    wake(task, 0);
    return;
  }
  task.first_wait->waiter = &task;
  try {
    start(*task.first_wait, false);
    wait(task, *task.first_wait);
  } catch (const SystemError& error) {
    reject(task, error);
  }
}

void Reactor::wait_for_stop() {
  Operation stop{.kind = Operation::Kind::readable, .socket = &stop_};
  perform(stop);
  if (stop.result < 0) return;
  take_stop(service_.stop);
  service_.stopping();
  state_ = State::draining;
  if (needs_slot_)
    wake(*accepting_, 0);
  else if (accepting_)
    give_up(*accepting_, -ECANCELED);
  if (tasks_.size() == 1) return;  // no sessions
  stop.deadline = add_saturating(now_, service_.limits.grace);
  perform(stop);
  if (stop.result == -ECANCELED) return;  // the sessions ended in time
  state_ = State::aborting;
  for (Task& task : tasks_)
    if (task.client) give_up(task, -ECANCELED);
}

}  // namespace netlab
