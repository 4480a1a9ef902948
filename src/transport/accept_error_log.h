// AcceptErrorLog tells of clients that can't be taken for want of descriptors or memory: a line at
// once, and then one a second at most, as long as it lasts.
#pragma once

#include <string>

#include "base/clock.h"
#include "trace/log.h"

namespace netlab {

class AcceptErrorLog {
 public:
  void add(Instant now, const std::string& why) {
    if (now < silent_until_) return;
    silent_until_ = now + std::chrono::seconds(1);
    log::warning("accept: {}", why);
  }

 private:
  Instant silent_until_{};
};

}  // namespace netlab
