#include "transport/reliable/congestion/cubic.h"

#include <algorithm>
#include <cmath>

namespace netlab::reliable {
namespace {

constexpr double steepness = 0.4;  // C, section 4.6
constexpr double decrease = 0.7;   // beta_cubic
// alpha_cubic: with it W_est has the throughput of Reno, section 4.3.
constexpr double reno_increase = 3 * (1 - decrease) / (1 + decrease);

}  // namespace

void Cubic::on_acknowledged(const Acknowledged& news, const RoundTrip& round_trip) {
  if (recovering_since_ && news.sent <= *recovering_since_) return;
  if (!news.window_was_full) {
    epoch_.reset();  // the curve shall not go on while it can't be followed (section 5.8)
    return;
  }
  if (window_ < slow_start_end_)
    window_ += static_cast<double>(news.bytes) / datagram_;
  else
    avoid_congestion(news, round_trip);
}

// Section 4.2.
void Cubic::begin_epoch(Instant now) {
  epoch_ = now;
  reno_window_ = window_;
  if (before_loss_ < window_) before_loss_ = window_;
  seconds_to_plateau_ = std::cbrt((before_loss_ - window_) / steepness);
}

void Cubic::avoid_congestion(const Acknowledged& news, const RoundTrip& round_trip) {
  if (!epoch_) begin_epoch(news.now);
  const double acknowledged = static_cast<double>(news.bytes) / datagram_;
  // The height of the curve one round trip from now: W_cubic(t + RTT).
  const double from_plateau =
      in_seconds(news.now - *epoch_ + round_trip.smoothed()) - seconds_to_plateau_;
  const double curve = steepness * from_plateau * from_plateau * from_plateau + before_loss_;
  const double target = std::clamp(curve, window_, 1.5 * window_);
  // Section 4.3: never below what Reno would have; above the old height Reno's own increase.
  reno_window_ += (reno_window_ < window_at_loss_ ? reno_increase : 1) * acknowledged / window_;
  window_ += (target - window_) / window_ * acknowledged;
  window_ = std::max(window_, reno_window_);
}

// Sections 4.6 and 4.7.
void Cubic::on_lost(Instant now, Instant sent, std::uint64_t) {
  if (recovering_since_ && sent <= *recovering_since_) return;
  recovering_since_ = now;
  epoch_.reset();
  // Lower than the last time: somebody new wants a share (fast convergence).
  before_loss_ = window_ < before_loss_ ? window_ * (1 + decrease) / 2 : window_;
  window_at_loss_ = window_;
  window_ = std::max(window_ * decrease, 2.0);
  slow_start_end_ = window_;
}

// The same bytes are another number of packets.
void Cubic::set_datagram(std::uint64_t bytes) {
  const double factor = datagram_ / static_cast<double>(bytes);
  datagram_ = static_cast<double>(bytes);
  for (double* const packets : {&window_, &slow_start_end_, &before_loss_, &window_at_loss_})
    *packets *= factor;
  window_ = std::max(window_, 2.0);
  epoch_.reset();
}

void Cubic::on_persistent_congestion() {
  epoch_.reset();
  recovering_since_.reset();
  before_loss_ = window_;
  window_ = 2;
}

}  // namespace netlab::reliable
