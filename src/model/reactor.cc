#include "model/reactor.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"
#include "socket/signals.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {
// How many operations a fiber may do without waiting before the other clients have their turn.
constexpr int max_turns = 16;
}  // namespace

Reactor::Reactor(const Service& service)
    : service_(service), network_(service.transport.over(*this)), admission_(service) {
  stop_.fd = call::duplicate(service.stop);
}

bool Reactor::serve() {
  const auto listener = service_.listen(*network_);
  service_.listening(*listener);
  stopping_ = &add_task([this] { wait_for_stop(); });
  accepting_ = &add_task([this, &listener] { accept_clients(*listener); });
  run(*stopping_);
  if (!done()) run(*accepting_);
  loop();
  if (fault_) std::rethrow_exception(fault_);
  return !service_.once || all_succeeded_;
}

void Reactor::perform(Operation& operation) {
  assert(current_);
  Task& task = *current_;
  if ((aborting_ && task.client) || (stopped_ && &task == accepting_)) {
    operation.result = -ECANCELED;
    return;
  }
  if (operation.kind == Operation::Kind::sleep) {
    // Not even a sleep that is over before it begins goes on at once: the others have their turn.
    operation.deadline = std::max(operation.deadline, now_ + Duration(1));
  } else if (operation.deadline <= now_) {
    operation.result = -ETIMEDOUT;
    return;
  }
  const bool try_first = ++task.turns <= max_turns;
  operation.waiter = &task;
  if (!start(operation, try_first)) return;
  task.turns = 0;
  wait(task, operation);
  Fiber::park();
}

void Reactor::wait(Task& task, Operation& operation) {
  task.waiting_on = &operation;
  timers_.set(task, task.timer, operation.deadline);
}

void Reactor::finish(Operation& operation, long result) {
  operation.result = result;
  Task& task = *static_cast<Task*>(operation.waiter);
  task.waiting_on = nullptr;
  timers_.clear(task.timer);
  if (result < 0 && &operation == &task.first_bytes) {  // it never started
    reject(task, SystemError("no first byte", static_cast<int>(-result)));
    return;
  }
  run(task);
}

void Reactor::expire_deadlines() {
  const auto timer_of = [](Task & task) -> auto& {
    return task.timer;
  };
  while (Task* const task = timers_.take_expired(now_, timer_of)) give_up(*task, -ETIMEDOUT);
}

void Reactor::give_up(Task& task, long why) {
  if (task.waiting_on) cancel(*task.waiting_on, why);
}

Reactor::Task& Reactor::add_task(std::function<void()> body) {
  Task& task = tasks_.emplace_back();
  task.body = std::move(body);
  task.place = std::prev(tasks_.end());
  return task;
}

void Reactor::run(Task& task) {
  try {
    if (!task.fiber) task.fiber.emplace(std::move(task.body));
  } catch (const std::exception& error) {  // no memory for a stack
    if (!task.client) throw;
    reject(task, error);
    return;
  }
  Task* const before = std::exchange(current_, &task);
  task.fiber->resume();
  current_ = before;
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
  tasks_.erase(task.place);  // closes the client's socket
  if (waits_for_place_ && !admission_.full()) {
    waits_for_place_ = false;
    run(*accepting_);
  }
  // Only the watch for the stop is left: there is nothing more to stop.
  if (tasks_.size() == 1 && stopping_) give_up(*stopping_, -ECANCELED);
}

void Reactor::accept_clients(Listener& listener) {
  try {
    while (auto client = listener.accept()) {
      if (stopped_) break;  // it came with the stop
      if (!admission_.admit(client->peer())) {
        client->abort();
        continue;
      }
      start_deadline(service_, *client, *network_);
      add_session(std::move(client));
      if (service_.once) break;
      wait_for_place();
      if (stopped_) break;
    }
  } catch (const SystemError&) {
    fault_ = std::current_exception();
  }
  listener.stop_accepting();
}

void Reactor::wait_for_place() {
  if (!admission_.full()) return;
  waits_for_place_ = true;
  Fiber::park();
}

void Reactor::add_session(std::unique_ptr<Stream> client) {
  Task& task = add_task({});
  task.client = std::move(client);
  task.admitted = task.client->peer();
  task.body = [this, &task] {
    all_succeeded_ = serve_client(service_, *task.client, *network_) && all_succeeded_;
  };
  Socket* const socket = task.client->socket();
  if (service_.server_speaks_first || !socket) {
    run(task);
    return;
  }
  task.first_bytes = {.kind = Operation::Kind::readable,
                      .socket = socket,
                      .deadline = task.client->deadline(),
                      .waiter = &task};
  try {
    start(task.first_bytes, false);
    wait(task, task.first_bytes);
  } catch (const SystemError& error) {
    reject(task, error);
  }
}

void Reactor::wait_for_stop() {
  Operation asked{.kind = Operation::Kind::readable, .socket = &stop_};
  perform(asked);
  if (asked.result < 0) return;
  take_stop(service_.stop);
  service_.stopping();
  stopped_ = true;
  if (waits_for_place_) {
    waits_for_place_ = false;
    run(*accepting_);
  } else if (accepting_) {
    give_up(*accepting_, -ECANCELED);
  }
  if (tasks_.size() == 1) return;  // nobody is here
  asked.deadline = add_saturating(now_, service_.limits.grace);
  perform(asked);
  if (asked.result == -ECANCELED) return;  // the sessions ended in time
  aborting_ = true;
  // Each that is given up may end, or park again in another place of the list: take them in turn.
  std::list<Task*> sessions;
  for (Task& task : tasks_)
    if (task.client) sessions.push_back(&task);
  for (Task* const session : sessions) give_up(*session, -ECANCELED);
}

}  // namespace netlab
