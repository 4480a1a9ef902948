#include "transport/reliable/congestion/cubic.h"

#include <algorithm>
#include <cmath>

namespace netlab::reliable {
namespace {

constexpr double cubic_c = 0.4;     // C, section 4.6
constexpr double beta_cubic = 0.7;  // beta_cubic
// alpha_cubic: with it W_est has the throughput of Reno, section 4.3.
constexpr double reno_increase = 3 * (1 - beta_cubic) / (1 + beta_cubic);

}  // namespace

void Cubic::on_acknowledged(const AckEvent& event, const RttEstimator& rtt) {
  if (recovery_start_ && event.sent <= *recovery_start_) return;
  if (!event.window_was_full) {
    epoch_.reset();  // the curve shall not go on while it can't be followed (section 5.8)
    return;
  }
  if (cwnd_ < ssthresh_)
    cwnd_ += static_cast<double>(event.bytes) / datagram_;
  else
    avoid_congestion(event, rtt);
}

// Section 4.2.
void Cubic::begin_epoch(Instant now) {
  epoch_ = now;
  w_est_ = cwnd_;
  if (w_max_ < cwnd_) w_max_ = cwnd_;
  k_ = std::cbrt((w_max_ - cwnd_) / cubic_c);
}

void Cubic::avoid_congestion(const AckEvent& event, const RttEstimator& rtt) {
  if (!epoch_) begin_epoch(event.now);
  const double acknowledged = static_cast<double>(event.bytes) / datagram_;
  // The height of the curve one round trip from now: W_cubic(t + RTT).
  const double from_plateau = in_seconds(event.now - *epoch_ + rtt.smoothed_rtt()) - k_;
  const double curve = cubic_c * from_plateau * from_plateau * from_plateau + w_max_;
  const double target = std::clamp(curve, cwnd_, 1.5 * cwnd_);
  // Section 4.3: never below what Reno would have; above the old height Reno's own increase.
  w_est_ += (w_est_ < cwnd_prior_ ? reno_increase : 1) * acknowledged / cwnd_;
  cwnd_ += (target - cwnd_) / cwnd_ * acknowledged;
  cwnd_ = std::max(cwnd_, w_est_);
}

// Sections 4.6 and 4.7.
void Cubic::on_lost(Instant now, Instant sent, std::uint64_t) {
  if (recovery_start_ && sent <= *recovery_start_) return;
  recovery_start_ = now;
  epoch_.reset();
  // Lower than the last time: somebody new wants a share (fast convergence).
  w_max_ = cwnd_ < w_max_ ? cwnd_ * (1 + beta_cubic) / 2 : cwnd_;
  cwnd_prior_ = cwnd_;
  cwnd_ = std::max(cwnd_ * beta_cubic, 2.0);
  ssthresh_ = cwnd_;
}

// The same bytes are another number of packets.
void Cubic::set_datagram(std::uint64_t bytes) {
  const double factor = datagram_ / static_cast<double>(bytes);
  datagram_ = static_cast<double>(bytes);
  for (double* const packets : {&cwnd_, &ssthresh_, &w_max_, &cwnd_prior_}) *packets *= factor;
  cwnd_ = std::max(cwnd_, 2.0);
  epoch_.reset();
}

void Cubic::on_persistent_congestion() {
  epoch_.reset();
  recovery_start_.reset();
  w_max_ = cwnd_;
  cwnd_ = 2;
}

}  // namespace netlab::reliable
