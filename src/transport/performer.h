// Performer carries out Operations: it is the only part in which the serving models differ.
#pragma once

#include "transport/operation.h"

namespace netlab {

class Performer {
 public:
  virtual ~Performer() = default;

  // Waits until the operation is done or its deadline has passed, and sets its result. When the
  // server stops, an event loop may end any wait, but BlockingPerformer ends only a wait for
  // `readable` that has a descriptor `stop`.
  virtual void perform(Operation& operation) = 0;
  // Called before the descriptor is closed.
  virtual void forget(const Socket&) {}
  // Throws SystemError ECANCELED if an event loop ends the wait because the server stops.
  void sleep_until(Instant instant);
  Instant now() const { return Clock::now(); }
  // The flags its sockets are created with: 0 or SOCK_NONBLOCK.
  virtual int socket_flags() const { return 0; }
  // Whether a parked fiber costs only the part of its stack that it uses (Stream::await_input).
  virtual bool saves_stacks() const { return false; }
  // Whether it supports Operation::Kind::send_file.
  virtual bool sends_files() const { return true; }
};

}  // namespace netlab
