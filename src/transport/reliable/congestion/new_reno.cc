#include "transport/reliable/congestion/new_reno.h"

#include <algorithm>

namespace netlab::reliable {

void NewReno::on_acknowledged(const AckEvent& event, const RttEstimator&) {
  if (recovery_start_ && event.sent <= *recovery_start_) return;
  if (!event.window_was_full) return;
  if (cwnd_ < ssthresh_)
    cwnd_ += event.bytes;
  else
    cwnd_ += std::max<std::uint64_t>(max_datagram_size_ * event.bytes / cwnd_, 1);
}

void NewReno::on_lost(Instant now, Instant sent, std::uint64_t) {
  if (recovery_start_ && sent <= *recovery_start_) return;
  recovery_start_ = now;
  ssthresh_ = std::max(cwnd_ / 2, min_window(max_datagram_size_));
  cwnd_ = ssthresh_;
}

void NewReno::set_max_datagram_size(std::uint64_t bytes) {
  max_datagram_size_ = bytes;
  cwnd_ = std::max(cwnd_, min_window(bytes));
}

void NewReno::on_persistent_congestion() {
  cwnd_ = min_window(max_datagram_size_);
  recovery_start_.reset();
}

}  // namespace netlab::reliable
