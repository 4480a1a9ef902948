// Listener accepts a server's clients, on a local address of one transport or two.
#pragma once

#include <memory>

#include "transport/stream.h"

namespace netlab {

class Listener {
 public:
  Listener() = default;
  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Waits for the next client; returns null after stop_accepting(). Temporary errors, e.g.
  // ECONNABORTED or EMFILE of accept(2), are retried, never thrown. Throws SystemError{"accept"},
  // ETIMEDOUT when the deadline passed.
  virtual std::unique_ptr<Stream> accept(Instant deadline) = 0;
  std::unique_ptr<Stream> accept() { return accept(never); }
  // Returns a client that is already waiting, or null. Used instead of accept(), with poll_fd(), to
  // wait for several listeners.
  virtual std::unique_ptr<Stream> try_accept() = 0;
  // Returns a descriptor that is readable when a client may be waiting, and makes it non-blocking.
  // After try_accept() has returned a client, more may be waiting although it is not readable: call
  // try_accept() until it returns null.
  virtual int poll_fd() = 0;
  // The address it listens on; if port 0 was requested, with the port the system chose.
  virtual Address local() const = 0;
  // Accepts no more clients. May be called from any thread.
  virtual void stop_accepting() = 0;
};

}  // namespace netlab
