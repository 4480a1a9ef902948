// AcceptErrorLog logs clients that cannot be accepted for lack of descriptors or memory. The first
// failure is logged at once; while the shortage lasts, at most one line per second follows.
#pragma once

#include <string>

#include "base/clock.h"
#include "trace/log.h"

namespace netlab {

class AcceptErrorLog {
 public:
  void add(Instant now, const std::string& cause) {
    if (now < silent_until_) return;
    silent_until_ = now + std::chrono::seconds(1);
    log::warning("accept: {}", cause);
  }

 private:
  Instant silent_until_{};
};

}  // namespace netlab
