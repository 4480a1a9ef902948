// Listener is where a server waits for its clients.
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

  // The next client; null when the listener was cut. What accept(2) reports of a client that is
  // gone again, or of no descriptors left, ends nothing: it waits and goes on.
  virtual std::unique_ptr<Stream> accept() = 0;
  // For who waits for several listeners, in the place of accept(): a client that is there already,
  // or null;
  virtual std::unique_ptr<Stream> try_accept() = 0;
  // and the descriptor that is readable when somebody may be. From now on it does not block.
  virtual int poll_fd() = 0;
  // Where it listens, with the port the system chose when 0 was asked for.
  virtual Address local() const = 0;
  // Takes no more clients, from any thread.
  virtual void stop_accepting() = 0;
};

}  // namespace netlab
