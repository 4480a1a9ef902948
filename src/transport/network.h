// Network is a handler's source of connections and of time. The same handler runs on blocking
// sockets, on a fiber in an event loop, or in a test without either.
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
  // Takes over a socket that is already listening (datagram transports: bound). Other processes may
  // share it, so stop_accepting() leaves it listening, and later clients go to them.
  virtual std::unique_ptr<Listener> adopt(Fd listening) = 0;
  // Throws SystemError{"connect ADDRESS:PORT"}, ETIMEDOUT when the deadline passed.
  virtual std::unique_ptr<Stream> connect(const Address& address, Instant deadline) = 0;
  virtual Instant now() const = 0;
  // An instant that is not in the future still lets other clients run. Throws SystemError
  // ECANCELED if an event loop ends the wait because the server stops.
  virtual void sleep_until(Instant instant) = 0;
};

// Connects to a peer chosen beforehand. Throws what Network::connect throws.
using Connect = std::function<std::unique_ptr<Stream>()>;

}  // namespace netlab
