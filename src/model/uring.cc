// One thread and one io_uring for all clients (io_uring(7)). To wait, a fiber submits the system
// call itself to the ring and parks. The kernel makes the call when it can and puts the result into
// the completion ring. One io_uring_enter(2) submits all calls of a turn and collects the results.
//
// The kernel reads and writes the buffers of a parked fiber, so each fiber has a stack of its own.
#include "model/models.h"

#ifdef NETLAB_IO_URING
#include <liburing.h>
#include <poll.h>

#include <cassert>
#include <map>

#include "base/error.h"
#include "model/reactor.h"
#include "trace/trace.h"

namespace netlab {
namespace {

constexpr unsigned int queue_entries = 256;
constexpr unsigned int completion_entries = 4096;

// Interrupted, or out of space until completions have been collected.
bool is_temporary(int result) {
  return result == -EINTR || result == -EAGAIN || result == -EBUSY;
}

class UringReactor : public Reactor {
 public:
  explicit UringReactor(const Service& service);
  ~UringReactor() override { io_uring_queue_exit(&ring_); }
  bool sends_files() const override { return false; }  // the ring has no sendfile(2)

 protected:
  void loop() override;
  bool start(Operation& operation, bool try_first) override;
  bool complete(Operation& operation, long result) override;
  void cancel(Task& task, long why) override;

 private:
  io_uring_sqe* next_entry();
  void submit(Operation& operation);
  void report(const Operation& operation, long result);
  void on_completion(Operation& operation, long result);

  // The address of an accepted client, which the kernel fills in.
  struct Accepted {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
  };

  io_uring ring_;
  // Sessions may accept, too, so several accepts can be under way. The nodes of a map do not move.
  std::map<const Operation*, Accepted> accepted_;
};

UringReactor::UringReactor(const Service& service) : Reactor(service, Stacks::own) {
  io_uring_params params{};
  params.cq_entries = completion_entries;
  // One thread submits, and completions need not interrupt it: Linux 6.0.
  params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SINGLE_ISSUER;
  int result = io_uring_queue_init_params(queue_entries, &ring_, &params);
  if (result == -EINVAL) {
    params = {};
    params.cq_entries = completion_entries;
    params.flags = IORING_SETUP_CQSIZE;
    result = io_uring_queue_init_params(queue_entries, &ring_, &params);
  }
  if (result < 0) throw SystemError("io_uring_setup", -result);
}

void UringReactor::loop() {
  while (!done()) {
    const Instant deadline = next_deadline();
    const Instant now = Clock::now();
    const Duration left = deadline > now ? deadline - now : Duration::zero();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    __kernel_timespec timeout{seconds.count(), (left - seconds).count()};
    io_uring_cqe* entry = nullptr;
    const int result = io_uring_submit_and_wait_timeout(
        &ring_, &entry, 1, deadline == never ? nullptr : &timeout, nullptr);
    trace::call(result, "io_uring_enter", trace::Descriptor{ring_.ring_fd}, "...", 1);
    if (result < 0 && result != -ETIME && !is_temporary(result))
      throw SystemError("io_uring_enter", -result);
    on_wakeup();
    while (io_uring_peek_cqe(&ring_, &entry) == 0) {
      auto* const operation = static_cast<Operation*>(io_uring_cqe_get_data(entry));
      const long done = entry->res;
      io_uring_cqe_seen(&ring_, entry);
      if (operation) on_completion(*operation, done);
    }
    expire_deadlines();
    run_ready();
  }
}

bool UringReactor::start(Operation& operation, bool) {
  operation.result = 0;
  if (operation.kind != Operation::Kind::sleep) submit(operation);
  return true;
}

void UringReactor::submit(Operation& operation) {
  io_uring_sqe* const entry = next_entry();
  const int fd = operation.socket->fd.get();
  switch (operation.kind) {
    case Operation::Kind::accept:
      io_uring_prep_accept(entry, fd, reinterpret_cast<sockaddr*>(&accepted_[&operation].address),
                           &accepted_[&operation].size, SOCK_CLOEXEC);
      break;
    case Operation::Kind::connect:
      io_uring_prep_connect(entry, fd, operation.address.raw(), operation.address.raw_size());
      break;
    case Operation::Kind::receive:
      io_uring_prep_recv(entry, fd, operation.into.data(), operation.into.size(), 0);
      break;
    case Operation::Kind::send:
      io_uring_prep_send(entry, fd, operation.bytes.data(), operation.bytes.size(), MSG_NOSIGNAL);
      break;
    case Operation::Kind::readable:
      io_uring_prep_poll_add(entry, fd, POLLIN);
      break;
    case Operation::Kind::send_file:
    case Operation::Kind::sleep:
      assert(!"not submitted to the ring");
  }
  io_uring_sqe_set_data(entry, &operation);
}

io_uring_sqe* UringReactor::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (!entry) {  // the queue is full: submit it
    const int result = io_uring_submit(&ring_);
    if (result < 0 && !is_temporary(result)) throw SystemError("io_uring_enter", -result);
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

// Reports the operation to the trace.
void UringReactor::report(const Operation& operation, long result) {
  const trace::Descriptor fd{operation.socket->fd.get()};
  if (operation.kind == Operation::Kind::accept && result >= 0) {
    const Accepted& accepted = accepted_[&operation];
    trace::io_uring(result, "accept4", fd,
                    trace::SocketAddress{reinterpret_cast<const sockaddr*>(&accepted.address)},
                    trace::Pointed{accepted.size}, "SOCK_CLOEXEC");
  } else if (operation.kind == Operation::Kind::accept) {
    trace::io_uring(result, "accept4", fd, "NULL", "NULL", "SOCK_CLOEXEC");
  } else if (operation.kind == Operation::Kind::connect) {
    trace::io_uring(result, "connect", fd, trace::SocketAddress{operation.address.raw()},
                    operation.address.raw_size());
  } else if (operation.kind == Operation::Kind::receive) {
    const auto got = static_cast<std::size_t>(std::max(result, 0L));
    trace::io_uring(result, "recv", fd, trace::Bytes{operation.into.first(got)},
                    operation.into.size(), 0);
  } else if (operation.kind == Operation::Kind::send) {
    trace::io_uring(result, "send", fd, trace::Bytes{operation.bytes}, operation.bytes.size(),
                    "MSG_NOSIGNAL");
  }
}

void UringReactor::on_completion(Operation& operation, long result) {
  const bool was_canceled = operation.result < 0;
  if ((result == -EINTR || result == -EAGAIN) && !was_canceled) {
    submit(operation);
    return;
  }
  report(operation, result);
  // A canceled call fails with ECANCELED; cancel() left the actual reason in the operation.
  wake(task_of(operation), result < 0 && was_canceled ? operation.result : result);
}

bool UringReactor::complete(Operation& operation, long result) {
  operation.result = result;
  if (operation.kind == Operation::Kind::accept) {
    const auto accepted = accepted_.extract(&operation);
    if (result >= 0) operation.address = Address::from_raw(accepted.mapped().address);
  }
  return true;
}

// The kernel uses the buffers until the call completes: the fiber keeps waiting for that.
void UringReactor::cancel(Task& task, long why) {
  Operation& operation = *task.waiting_on;
  if (operation.kind == Operation::Kind::sleep) {
    wake(task, why);
    return;
  }
  operation.result = why;
  io_uring_sqe* const entry = next_entry();
  io_uring_prep_cancel(entry, &operation, 0);
  io_uring_sqe_set_data(entry, nullptr);
}

}  // namespace

bool serve_with_uring(const Service& service) {
  return UringReactor(service).serve();
}

}  // namespace netlab

#else

#include "base/error.h"

namespace netlab {

bool serve_with_uring(const Service&) {
  throw SystemError("io_uring (not built in)", ENOSYS);
}

}  // namespace netlab

#endif
