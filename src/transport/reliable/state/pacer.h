// Pacer spreads packets over the RTT with a token bucket, because a burst may overflow queues on
// the path (RFC 9002 section 7.7).
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace netlab::reliable {

class Pacer {
 public:
  // `rate`: bytes per second; 0: no limit. `burst`: bytes that may be sent at once after idling.
  void set(Instant now, double rate, std::uint64_t burst);
  bool may_send(Instant now);
  void sent(std::uint64_t bytes);
  // When may_send() will return true again.
  Instant next() const;

 private:
  void fill(Instant now);

  double rate_ = 0;
  double burst_ = 0;
  double tokens_ = 0;  // negative: the last packet was larger than what was left
  Instant filled_{};
};

}  // namespace netlab::reliable
