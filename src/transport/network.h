// Network is the world as a handler sees it: where connections and time come from. The same handler
// runs on blocking sockets, on a fiber in an event loop, or in a test on neither.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "socket/fd.h"
#include "transport/listener.h"
#include "transport/stream.h"

namespace netlab {

class Network {
 public:
  virtual ~Network() = default;

  // Throws SystemError{"bind ADDRESS:PORT"}.
  virtual std::unique_ptr<Listener> listen(const Address& address) = 0;
  // The same with a socket that listens already. Others may hold it as well, so that cut() leaves
  // it listening: who comes then waits for them.
  virtual std::unique_ptr<Listener> adopt(Fd listening) = 0;
  // Throws SystemError{"connect ADDRESS:PORT"}, ETIMEDOUT when the deadline passed.
  virtual std::unique_ptr<Stream> connect(const Address& address, Instant deadline) = 0;
  virtual Instant now() const = 0;
  // Of an instant that is now or past: other clients have their turn. Throws SystemError, ECANCELED
  // when the server stops.
  virtual void sleep_until(Instant instant) = 0;
};

// Makes a connection to the peer that was agreed on, when it is wanted. Throws what connect throws.
using Connect = std::function<std::unique_ptr<Stream>()>;

}  // namespace netlab
