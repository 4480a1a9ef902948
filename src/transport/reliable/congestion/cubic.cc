#include "transport/reliable/congestion/cubic.h"

#include <algorithm>
#include <cmath>

namespace netlab::reliable {
namespace {

constexpr double cubic_c = 0.4;     // C, section 5
constexpr double beta_cubic = 0.7;  // section 4.6
// Section 4.3: gives W_est the average throughput of Reno.
constexpr double alpha_cubic = 3 * (1 - beta_cubic) / (1 + beta_cubic);

}  // namespace

void Cubic::on_acknowledged(const AckEvent& event, const RttEstimator& rtt) {
  if (recovery_start_ && event.sent <= *recovery_start_) return;
  if (!event.window_was_full) {
    epoch_start_.reset();  // the curve stops while the window is not used up (section 5.8)
    return;
  }
  if (cwnd_ < ssthresh_)
    cwnd_ += static_cast<double>(event.bytes) / max_datagram_size_;
  else
    congestion_avoidance(event, rtt);
}

// Section 4.2.
void Cubic::begin_epoch(Instant now) {
  epoch_start_ = now;
  w_est_ = cwnd_;
  if (w_max_ < cwnd_) w_max_ = cwnd_;
  k_ = std::cbrt((w_max_ - cwnd_) / cubic_c);
}

void Cubic::congestion_avoidance(const AckEvent& event, const RttEstimator& rtt) {
  if (!epoch_start_) begin_epoch(event.now);
  const double acked_packets = static_cast<double>(event.bytes) / max_datagram_size_;
  // W_cubic(t + RTT): the curve one RTT from now.
  const double from_plateau = in_seconds(event.now - *epoch_start_ + rtt.smoothed_rtt()) - k_;
  const double w_cubic = cubic_c * from_plateau * from_plateau * from_plateau + w_max_;
  const double target = std::clamp(w_cubic, cwnd_, 1.5 * cwnd_);
  // Section 4.3: the window is never below W_est. From cwnd_prior on, W_est grows as in Reno.
  w_est_ += (w_est_ < cwnd_prior_ ? alpha_cubic : 1) * acked_packets / cwnd_;
  cwnd_ += (target - cwnd_) / cwnd_ * acked_packets;
  cwnd_ = std::max(cwnd_, w_est_);
}

// Sections 4.6 and 4.7.
void Cubic::on_lost(Instant now, Instant sent, std::uint64_t) {
  if (recovery_start_ && sent <= *recovery_start_) return;
  recovery_start_ = now;
  epoch_start_.reset();
  // Fast convergence: a window lower than W_max suggests that a new flow needs bandwidth.
  w_max_ = cwnd_ < w_max_ ? cwnd_ * (1 + beta_cubic) / 2 : cwnd_;
  cwnd_prior_ = cwnd_;
  cwnd_ = std::max(cwnd_ * beta_cubic, 2.0);
  ssthresh_ = cwnd_;
}

// Windows are in packets: the same bytes are now a different number of them.
void Cubic::set_max_datagram_size(std::uint64_t bytes) {
  const double factor = max_datagram_size_ / static_cast<double>(bytes);
  max_datagram_size_ = static_cast<double>(bytes);
  for (double* const packets : {&cwnd_, &ssthresh_, &w_max_, &cwnd_prior_}) *packets *= factor;
  cwnd_ = std::max(cwnd_, 2.0);
  epoch_start_.reset();
}

void Cubic::on_persistent_congestion() {
  epoch_start_.reset();
  recovery_start_.reset();
  w_max_ = cwnd_;
  cwnd_ = 2;
}

}  // namespace netlab::reliable
