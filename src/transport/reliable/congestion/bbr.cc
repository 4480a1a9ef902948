#include "transport/reliable/congestion/bbr.h"

#include <algorithm>
#include <utility>

namespace netlab::reliable {
namespace {

constexpr double startup_gain = 2.885;  // 2 / ln 2: the rate doubles each RTT
constexpr double cwnd_gain = 2;         // allows for delayed and aggregated ACKs
constexpr std::array<double, 8> pacing_gain_cycle = {1.25, 0.75, 1, 1, 1, 1, 1, 1};
constexpr std::uint64_t min_window_packets = 4;
constexpr int full_bw_max_rounds = 3;  // without growth by a quarter
constexpr Duration min_rtt_window = std::chrono::seconds(10);
// Twice per min_rtt_window, so that flows that share a queue agree on the RTT without queueing.
constexpr Duration probe_rtt_interval = std::chrono::seconds(5);
constexpr Duration probe_rtt_duration = std::chrono::milliseconds(200);
constexpr Duration min_rtt_floor = std::chrono::microseconds(1);
constexpr double max_ack_aggregation = 0.1;  // seconds
// A send quantum is what is sent in send_quantum_seconds, up to max_send_quantum bytes. It is at
// least two packets, or one below low_bandwidth (bytes per second).
constexpr std::uint64_t max_send_quantum = 64 * 1024;
constexpr double send_quantum_seconds = 0.001;
constexpr double low_bandwidth = 150'000;

}  // namespace

void Bbr::on_acknowledged(const AckEvent& event, const RttEstimator& rtt) {
  update_model(event, rtt);
  check_full_pipe(event);
  update_state(event);
}

void Bbr::update_model(const AckEvent& event, const RttEstimator& rtt) {
  is_new_round_ = is_new_round_ || event.round_is_over;
  // App-limited and ProbeRTT samples count only if they raise the estimate. They start no round of
  // the filters.
  const bool is_limited = event.app_limited || state_ == State::probe_rtt;
  if (!is_limited || event.rate > bandwidth_.get()) {
    if (std::exchange(is_new_round_, false)) {
      bandwidth_.begin_round();
      extra_acked_.begin_round();
    }
    bandwidth_.add(event.rate);
  }
  update_extra_acked(event);
  update_min_rtt(event.now, std::max<Duration>(rtt.latest_rtt(), min_rtt_floor));
}

// ACK aggregation: while ACKs are held back on the path, the window must last.
void Bbr::update_extra_acked(const AckEvent& event) {
  double expected = bandwidth_.get() * in_seconds(event.now - aggregation_start_);
  if (aggregated_bytes_ <= expected) {
    aggregation_start_ = event.now;
    aggregated_bytes_ = 0;
    expected = 0;
  }
  aggregated_bytes_ += static_cast<double>(event.bytes);
  extra_acked_.add(std::min(aggregated_bytes_ - expected, max_ack_aggregation * bandwidth_.get()));
}

void Bbr::update_min_rtt(Instant now, Duration latest_rtt) {
  probe_rtt_due_ =
      probe_rtt_min_ != Duration::max() && now > probe_rtt_min_time_ + probe_rtt_interval;
  if (latest_rtt <= probe_rtt_min_ || probe_rtt_due_) {
    probe_rtt_min_ = latest_rtt;
    probe_rtt_min_time_ = now;
  }
  if (probe_rtt_min_ > min_rtt_ && now <= min_rtt_time_ + min_rtt_window) return;
  min_rtt_ = probe_rtt_min_;
  min_rtt_time_ = probe_rtt_min_time_;
}

void Bbr::check_full_pipe(const AckEvent& event) {
  if (filled_pipe_ || !event.round_is_over || event.app_limited) return;
  if (bandwidth_.get() >= 1.25 * full_bw_) {
    full_bw_ = bandwidth_.get();
    full_bw_rounds_ = 0;
    return;
  }
  filled_pipe_ = ++full_bw_rounds_ >= full_bw_max_rounds;
}

void Bbr::update_state(const AckEvent& event) {
  const double in_flight =
      static_cast<double>(event.in_flight - std::min(event.bytes, event.in_flight));
  if (state_ == State::startup && filled_pipe_) state_ = State::drain;
  if (state_ == State::drain && in_flight <= bdp(1)) enter_probe_bw(event.now);
  if (state_ == State::probe_bw && event.now - phase_start_ > min_rtt_) {
    phase_ = (phase_ + 1) % pacing_gain_cycle.size();
    phase_start_ = event.now;
  }
  // The duration counts from when the queue can have drained.
  if (state_ == State::probe_rtt && probe_rtt_end_ == never && in_flight <= probe_rtt_window())
    probe_rtt_end_ = event.now + std::max(probe_rtt_duration, min_rtt_);
  if (state_ == State::probe_rtt && event.now >= probe_rtt_end_) {
    probe_rtt_min_time_ = event.now;
    if (filled_pipe_)
      enter_probe_bw(event.now);
    else
      state_ = State::startup;
  } else if (state_ != State::probe_rtt && probe_rtt_due_) {
    state_ = State::probe_rtt;
    probe_rtt_end_ = never;
  }
}

void Bbr::enter_probe_bw(Instant now) {
  state_ = State::probe_bw;
  phase_ = 2;  // cruise, do not probe up: the queue was just drained
  phase_start_ = now;
}

// Restarts in Startup: from the tiny bandwidth that got through, ProbeBW would grow by only a
// quarter every eight RTTs.
void Bbr::on_persistent_congestion() {
  bandwidth_.clear();
  extra_acked_.clear();
  state_ = State::startup;
  filled_pipe_ = false;
  full_bw_ = 0;
  full_bw_rounds_ = 0;
}

double Bbr::bdp(double gain) const {
  return gain * bandwidth_.get() * in_seconds(min_rtt_);
}

double Bbr::gain() const {
  switch (state_) {
    case State::startup:
      return startup_gain;
    case State::drain:
      return 1 / startup_gain;
    case State::probe_bw:
      return pacing_gain_cycle[phase_];
    case State::probe_rtt:
      break;
  }
  return 1;
}

std::uint64_t Bbr::min_window_bytes() const {
  return min_window_packets * max_datagram_size_;
}

// Half a BDP empties the queue but not the path.
std::uint64_t Bbr::probe_rtt_window() const {
  return std::max(min_window_bytes(), static_cast<std::uint64_t>(bdp(0.5)));
}

std::uint64_t Bbr::send_quantum() const {
  const double bandwidth = bandwidth_.get();
  return std::max(
      (bandwidth < low_bandwidth ? 1 : 2) * max_datagram_size_,
      std::min(max_send_quantum, static_cast<std::uint64_t>(send_quantum_seconds * bandwidth)));
}

// On top of the BDP, the window has three send quanta (at the sender, at the receiver and being
// acknowledged) and the aggregated bytes. A flow without this allowance starves next to one with
// it.
std::uint64_t Bbr::window() const {
  if (state_ == State::probe_rtt) return probe_rtt_window();
  const double gain = state_ == State::startup ? startup_gain : cwnd_gain;
  auto window = static_cast<std::uint64_t>(bdp(gain)) + 3 * send_quantum();
  if (filled_pipe_) window += static_cast<std::uint64_t>(extra_acked_.get());
  if (state_ == State::probe_bw && phase_ == 0) window += 2 * max_datagram_size_;
  // Until the pipe was full once, low delivery does not shrink the window below its initial size.
  return std::max(window, filled_pipe_ ? min_window_bytes() : initial_window(max_datagram_size_));
}

double Bbr::pacing_rate(const RttEstimator& rtt) const {
  const double rate = gain() * bandwidth_.get();
  if (filled_pipe_) return rate;
  // min_rtt: a peer that was busy during the handshake may reply at once now.
  const Duration min_rtt = rtt.is_measured() ? rtt.min_rtt() : initial_rtt;
  return std::max(rate, startup_gain * static_cast<double>(initial_window(max_datagram_size_)) /
                            std::max(in_seconds(min_rtt), 0.001));
}

}  // namespace netlab::reliable
