// Pacer spreads packets over the round trip, as a bucket of tokens that fills at a rate: what is
// sent all at once overflows the queues on its way (RFC 9002 section 7.7).
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace netlab::reliable {

class Pacer {
 public:
  // `rate`: bytes a second; 0: no limit. `burst`: bytes that may go at once after a pause.
  void set(Instant now, double rate, std::uint64_t burst);
  bool may_send(Instant now);
  void sent(std::uint64_t bytes);
  // When may_send() will be true again.
  Instant next() const;

 private:
  void fill(Instant now);

  double rate_ = 0;
  double burst_ = 0;
  double tokens_ = 0;  // below zero: the last packet was larger than what was left
  Instant filled_{};
};

}  // namespace netlab::reliable
