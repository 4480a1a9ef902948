// SdNotify is who has started us as a service and wants to hear how we are: systemd, or whoever
// else speaks sd_notify(3).
#pragma once

#include <string_view>

#include "socket/fd.h"

namespace netlab {

class SdNotify {
 public:
  // Connects to the socket that NOTIFY_SOCKET names: a path, or an abstract name behind "@"
  // (unix(7)). One that can't be reached gets a line in the log, and nothing is told.
  SdNotify();

  // "READY=1", "STOPPING=1". From any thread. Does nothing where nobody wants to hear it.
  void notify(std::string_view state) const;

 private:
  Fd socket_;
};

}  // namespace netlab
