#include "transport/reliable/state/pacer.h"

#include <algorithm>

namespace netlab::reliable {

void Pacer::fill(Instant now) {
  if (now <= filled_) return;
  const double seconds = in_seconds(now - filled_);
  tokens_ = std::min(burst_, tokens_ + seconds * rate_);
  filled_ = now;
}

void Pacer::set(Instant now, double rate, std::uint64_t burst) {
  fill(now);
  if (rate_ == 0) tokens_ = static_cast<double>(burst);  // the bucket starts full
  rate_ = rate;
  burst_ = static_cast<double>(burst);
  tokens_ = std::min(tokens_, burst_);
}

bool Pacer::may_send(Instant now) {
  fill(now);
  return rate_ == 0 || tokens_ > 0;
}

void Pacer::sent(std::uint64_t bytes) {
  if (rate_ > 0) tokens_ -= static_cast<double>(bytes);
}

Instant Pacer::next() const {
  if (rate_ == 0 || tokens_ > 0) return filled_;
  // One more nanosecond, because the conversion rounds down.
  const double seconds = -tokens_ / rate_;
  return filled_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)) +
         Duration(1);
}

}  // namespace netlab::reliable
