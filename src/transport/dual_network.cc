#include "transport/dual_network.h"

#include <sys/epoll.h>

#include <utility>

#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

// A port that the system chose for the first transport may be in use in the second.
constexpr int max_ports_tried = 16;
constexpr Duration shortest_wait = std::chrono::microseconds(1);

}  // namespace

DualListener::DualListener(Performer& performer, std::unique_ptr<Listener> first,
                           std::unique_ptr<Listener> second)
    : performer_(performer),
      listeners_{std::move(first), std::move(second)},
      ready_{.fd = call::epoll_create()},
      stop_(call::event_descriptor()) {
  for (const auto& listener : listeners_) {
    const int result =
        call::epoll_control(ready_.fd.get(), EPOLL_CTL_ADD, listener->poll_fd(), EPOLLIN);
    if (result < 0) throw SystemError("epoll_ctl", -result);
  }
}

DualListener::~DualListener() {
  performer_.forget(ready_);
}

std::unique_ptr<Stream> DualListener::accept(Instant deadline) {
  while (!is_stopped_) {
    // Always wait, even if a client is ready: an event loop then runs its other clients. After a
    // client the wait is as short as possible, because a datagram listener buffers what it has
    // received: more clients may be ready although no descriptor is readable.
    Operation readable{.kind = Operation::Kind::readable,
                       .socket = &ready_,
                       .deadline = had_client_ ? performer_.now() + shortest_wait : deadline,
                       .stop = stop_.get()};
    performer_.perform(readable);
    if (readable.result == -ECANCELED) break;
    if (readable.result < 0 && !(had_client_ && readable.result == -ETIMEDOUT))
      throw SystemError("accept", static_cast<int>(-readable.result));
    auto client = try_accept();
    had_client_ = client != nullptr;
    if (client) return client;
  }
  return nullptr;
}

std::unique_ptr<Stream> DualListener::try_accept() {
  for (std::size_t tried = 0; tried < listeners_.size(); ++tried) {
    auto client = listeners_[next_]->try_accept();
    next_ = 1 - next_;
    if (client) return client;
  }
  return nullptr;
}

void DualListener::stop_accepting() {
  is_stopped_ = true;
  for (const auto& listener : listeners_) listener->stop_accepting();
  call::raise_event(stop_.get());
}

std::unique_ptr<Listener> DualNetwork::listen(const Address& address) {
  for (int tried = 1;; ++tried) {
    auto first = first_->listen(address);
    try {
      auto second = second_->listen(address.with_port(first->local().port()));
      return std::make_unique<DualListener>(performer_, std::move(first), std::move(second));
    } catch (const SystemError& error) {
      const bool port_was_chosen = address.port() == 0 && error.error() == EADDRINUSE;
      if (!port_was_chosen || tried == max_ports_tried) throw;
    }
  }
}

std::unique_ptr<Listener> DualNetwork::adopt(Fd listening) {
  return first_->adopt(std::move(listening));
}

std::unique_ptr<Stream> DualNetwork::connect(const Address& address, Instant deadline) {
  return first_->connect(address, deadline);
}

Transport either(const Transport& first, const Transport& second) {
  return {.name = "either",
          .summary = "either of two transports",
          .over =
              [first, second](Performer& performer) {
                return std::make_unique<DualNetwork>(performer, first, second);
              },
          .has_backlog = first.has_backlog && second.has_backlog};
}

}  // namespace netlab
