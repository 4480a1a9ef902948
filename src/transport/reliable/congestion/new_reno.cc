#include "transport/reliable/congestion/new_reno.h"

#include <algorithm>

namespace netlab::reliable {

void NewReno::on_acknowledged(const Acknowledged& news, const RoundTrip&) {
  if (recovering_since_ && news.sent <= *recovering_since_) return;
  if (!news.window_was_full) return;
  if (window_ < slow_start_end_)
    window_ += news.bytes;
  else
    window_ += std::max<std::uint64_t>(datagram_ * news.bytes / window_, 1);
}

void NewReno::on_lost(Instant now, Instant sent, std::uint64_t) {
  if (recovering_since_ && sent <= *recovering_since_) return;
  recovering_since_ = now;
  slow_start_end_ = std::max(window_ / 2, smallest_window(datagram_));
  window_ = slow_start_end_;
}

void NewReno::set_datagram(std::uint64_t bytes) {
  datagram_ = bytes;
  window_ = std::max(window_, smallest_window(bytes));
}

void NewReno::on_persistent_congestion() {
  window_ = smallest_window(datagram_);
  recovering_since_.reset();
}

}  // namespace netlab::reliable
