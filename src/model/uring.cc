// One thread and one io_uring for all clients (io_uring(7)). A wait is: hand the call itself to the
// ring and park the fiber; the kernel makes the call when it can and puts the result into the other
// ring. One io_uring_enter(2) hands over all the waits of a turn and fetches all that is done.
#include "model/models.h"

#ifdef NETLAB_IO_URING
#include <liburing.h>
#include <poll.h>

#include <cassert>

#include "base/error.h"
#include "model/reactor.h"
#include "trace/trace.h"

namespace netlab {
namespace {

constexpr unsigned int queue_entries = 256;
constexpr unsigned int completion_entries = 4096;

// Interrupted, or short of room until completions have been taken.
bool passes(int result) {
  return result == -EINTR || result == -EAGAIN || result == -EBUSY;
}

class UringReactor : public Reactor {
 public:
  explicit UringReactor(const Service& service);
  ~UringReactor() override { io_uring_queue_exit(&ring_); }
  bool sends_files() const override { return false; }  // sendfile(2) is no operation of the ring

 protected:
  bool start(Operation& operation, bool try_first) override;
  void cancel(Operation& operation, long why) override;
  void loop() override;

 private:
  io_uring_sqe* next_entry();
  void submit(Operation& operation);
  void completed(Operation& operation, long result);

  io_uring ring_;
  sockaddr_storage accepted_;  // of the one listener's accept
  socklen_t accepted_size_ = 0;
};

UringReactor::UringReactor(const Service& service) : Reactor(service) {
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
    const auto left = std::max(next_deadline() - Clock::now(), Duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    __kernel_timespec timeout{seconds.count(), (left - seconds).count()};
    io_uring_cqe* entry = nullptr;
    const int result = io_uring_submit_and_wait_timeout(
        &ring_, &entry, 1, next_deadline() == never ? nullptr : &timeout, nullptr);
    trace::call(result, "io_uring_enter({}, wait for 1)", ring_.ring_fd);
    if (result < 0 && result != -ETIME && !passes(result))
      throw SystemError("io_uring_enter", -result);
    on_wakeup();
    while (io_uring_peek_cqe(&ring_, &entry) == 0) {
      auto* const operation = static_cast<Operation*>(io_uring_cqe_get_data(entry));
      const long done = entry->res;
      io_uring_cqe_seen(&ring_, entry);
      if (operation) completed(*operation, done);
    }
    expire_deadlines();
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
      accepted_size_ = sizeof accepted_;
      io_uring_prep_accept(entry, fd, reinterpret_cast<sockaddr*>(&accepted_), &accepted_size_,
                           SOCK_CLOEXEC);
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
      assert(!"not for the ring");
  }
  io_uring_sqe_set_data(entry, &operation);
}

io_uring_sqe* UringReactor::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (!entry) {  // full: hand over what is there
    const int result = io_uring_submit(&ring_);
    if (result < 0 && !passes(result)) throw SystemError("io_uring_enter", -result);
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

void UringReactor::completed(Operation& operation, long result) {
  const int fd = operation.socket->fd.get();
  const bool given_up = operation.result < 0;
  if ((result == -EINTR || result == -EAGAIN) && !given_up) {
    submit(operation);
    return;
  }
  if (operation.kind == Operation::Kind::accept) {
    if (result >= 0) operation.address = Address::from_raw(accepted_);
    trace::call(result, "io_uring: accept4({})", fd);
  } else if (operation.kind == Operation::Kind::receive) {
    const auto got = static_cast<std::size_t>(std::max(result, 0L));
    trace::call(result, "io_uring: recv({}, {}, {}, 0)", fd,
                trace::Bytes{operation.into.first(got)}, operation.into.size());
  } else if (operation.kind == Operation::Kind::send) {
    trace::call(result, "io_uring: send({}, {}, {}, MSG_NOSIGNAL)", fd,
                trace::Bytes{operation.bytes}, operation.bytes.size());
  }
  // A wait that was given up ends as cancelled; cancel() has left word of why.
  if (result < 0 && given_up) result = operation.result;
  finish(operation, result);
}

// The buffers belong to the kernel until the operation is done: it is cancelled, and then waited
// for.
void UringReactor::cancel(Operation& operation, long why) {
  if (operation.kind == Operation::Kind::sleep) {
    finish(operation, why);
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
