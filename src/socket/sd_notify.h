// SdNotify reports the state of a service to the service manager that started it: systemd, or
// another one that implements sd_notify(3).
#pragma once

#include <string_view>

#include "socket/fd.h"

namespace netlab {

class SdNotify {
 public:
  // Connects to the socket that NOTIFY_SOCKET names: a path, or "@" and an abstract name (unix(7)).
  // If that fails, it logs a warning, and notify() does nothing.
  SdNotify();

  // Sends a state such as "READY=1" or "STOPPING=1", from any thread. Does nothing if NOTIFY_SOCKET
  // is not set.
  void notify(std::string_view state) const;

 private:
  Fd socket_;
};

}  // namespace netlab
