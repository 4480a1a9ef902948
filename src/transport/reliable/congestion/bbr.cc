#include "transport/reliable/congestion/bbr.h"

#include <algorithm>
#include <utility>

namespace netlab::reliable {
namespace {

constexpr double startup_gain = 2.885;  // 2 / ln 2: the rate doubles each round trip
constexpr double window_gain = 2;       // room for acknowledgements that come late or together
constexpr std::array<double, 8> phases = {1.25, 0.75, 1, 1, 1, 1, 1, 1};
constexpr std::uint64_t min_window_packets = 4;
constexpr int rounds_until_full = 3;  // without a quarter more
constexpr Duration round_trip_life = std::chrono::seconds(10);
// Twice in its life, or those who share a queue disagree on how long it is without one.
constexpr Duration probe_every = std::chrono::seconds(5);
constexpr Duration probe_lasts = std::chrono::milliseconds(200);
constexpr Duration shortest_round_trip = std::chrono::microseconds(1);
constexpr double max_ack_aggregation = 0.1;  // seconds
// What leaves at once: bytes, and seconds to send it. Below so many bytes a second it is a packet.
constexpr std::uint64_t max_quantum = 64 * 1024;
constexpr double quantum_seconds = 0.001;
constexpr double slow = 150'000;

}  // namespace

void Bbr::on_acknowledged(const AckEvent& event, const RttEstimator& rtt) {
  measure(event, rtt);
  check_full_pipe(event);
  change_mode(event);
}

void Bbr::measure(const AckEvent& event, const RttEstimator& rtt) {
  is_new_round_ = is_new_round_ || event.round_is_over;
  // What the application had to say is no measure, unless it is more than was thought possible, nor
  // is what a nearly empty pipe delivers: they make no round of their own.
  const bool is_limited = event.app_limited || mode_ == Mode::probe_rtt;
  if (!is_limited || event.rate > bandwidth_.get()) {
    if (std::exchange(is_new_round_, false)) {
      bandwidth_.begin_round();
      extra_acked_.begin_round();
    }
    bandwidth_.add(event.rate);
  }
  measure_extra_acked(event);
  measure_rtt(event.now, std::max<Duration>(rtt.latest_rtt(), shortest_round_trip));
}

// While a bunch gathers somewhere nothing is acknowledged, and the window has to last.
void Bbr::measure_extra_acked(const AckEvent& event) {
  double expected = bandwidth_.get() * in_seconds(event.now - aggregation_start_);
  if (aggregated_ <= expected) {
    aggregation_start_ = event.now;
    aggregated_ = 0;
    expected = 0;
  }
  aggregated_ += static_cast<double>(event.bytes);
  extra_acked_.add(std::min(aggregated_ - expected, max_ack_aggregation * bandwidth_.get()));
}

void Bbr::measure_rtt(Instant now, Duration latest) {
  probe_is_due_ = probe_min_rtt_ != Duration::max() && now > probe_min_rtt_time_ + probe_every;
  if (latest <= probe_min_rtt_ || probe_is_due_) {
    probe_min_rtt_ = latest;
    probe_min_rtt_time_ = now;
  }
  if (probe_min_rtt_ > rtt_ && now <= min_rtt_time_ + round_trip_life) return;
  rtt_ = probe_min_rtt_;
  min_rtt_time_ = probe_min_rtt_time_;
}

void Bbr::check_full_pipe(const AckEvent& event) {
  if (full_pipe_ || !event.round_is_over || event.app_limited) return;
  if (bandwidth_.get() >= 1.25 * full_bw_) {
    full_bw_ = bandwidth_.get();
    full_bw_rounds_ = 0;
    return;
  }
  full_pipe_ = ++full_bw_rounds_ >= rounds_until_full;
}

void Bbr::change_mode(const AckEvent& event) {
  const double left = static_cast<double>(event.in_flight - std::min(event.bytes, event.in_flight));
  if (mode_ == Mode::startup && full_pipe_) mode_ = Mode::drain;
  if (mode_ == Mode::drain && left <= bdp(1)) enter_probe_bw(event.now);
  if (mode_ == Mode::probe_bw && event.now - phase_began_ > rtt_) {
    phase_ = (phase_ + 1) % phases.size();
    phase_began_ = event.now;
  }
  // The time runs from when the queue can have emptied.
  if (mode_ == Mode::probe_rtt && probe_ends_ == never && left <= probe_rtt_window())
    probe_ends_ = event.now + std::max(probe_lasts, rtt_);
  if (mode_ == Mode::probe_rtt && event.now >= probe_ends_) {
    probe_min_rtt_time_ = event.now;
    if (full_pipe_)
      enter_probe_bw(event.now);
    else
      mode_ = Mode::startup;
  } else if (mode_ != Mode::probe_rtt && probe_is_due_) {
    mode_ = Mode::probe_rtt;
    probe_ends_ = never;
  }
}

void Bbr::enter_probe_bw(Instant now) {
  mode_ = Mode::probe_bw;
  phase_ = 2;  // not with more: the queue has just been emptied
  phase_began_ = now;
}

// From the beginning: held at what little came through, the level would rise by a quarter each
// eight round trips.
void Bbr::on_persistent_congestion() {
  bandwidth_.clear();
  extra_acked_.clear();
  mode_ = Mode::startup;
  full_pipe_ = false;
  full_bw_ = 0;
  full_bw_rounds_ = 0;
}

double Bbr::bdp(double gain) const {
  return gain * bandwidth_.get() * in_seconds(rtt_);
}

double Bbr::gain() const {
  switch (mode_) {
    case Mode::startup:
      return startup_gain;
    case Mode::drain:
      return 1 / startup_gain;
    case Mode::probe_bw:
      return phases[phase_];
    case Mode::probe_rtt:
      break;
  }
  return 1;
}

std::uint64_t Bbr::min_window_bytes() const {
  return min_window_packets * datagram_;
}

// The queue runs empty, and the path itself does not.
std::uint64_t Bbr::probe_rtt_window() const {
  return std::max(min_window_bytes(), static_cast<std::uint64_t>(bdp(0.5)));
}

std::uint64_t Bbr::quantum() const {
  const double bandwidth = bandwidth_.get();
  return std::max((bandwidth < slow ? 1 : 2) * datagram_,
                  std::min(max_quantum, static_cast<std::uint64_t>(quantum_seconds * bandwidth)));
}

// Beyond what the path holds there is room for a quantum at each end and its acknowledgement, and
// for a bunch: a window without that starves beside another's that has it.
std::uint64_t Bbr::window() const {
  if (mode_ == Mode::probe_rtt) return probe_rtt_window();
  const double gain = mode_ == Mode::startup ? startup_gain : window_gain;
  auto window = static_cast<std::uint64_t>(bdp(gain)) + 3 * quantum();
  if (full_pipe_) window += static_cast<std::uint64_t>(extra_acked_.get());
  if (mode_ == Mode::probe_bw && phase_ == 0) window += 2 * datagram_;
  // Until the pipe was full once, little that came is no reason to send less.
  return std::max(window, full_pipe_ ? min_window_bytes() : initial_window(datagram_));
}

double Bbr::pacing_rate(const RttEstimator& rtt) const {
  const double measured = gain() * bandwidth_.get();
  if (full_pipe_) return measured;
  // The shortest: a peer that was busy when it was first asked answers at once now.
  const Duration round = rtt.is_measured() ? rtt.min_rtt() : initial_rtt;
  return std::max(measured, startup_gain * static_cast<double>(initial_window(datagram_)) /
                                std::max(in_seconds(round), 0.001));
}

}  // namespace netlab::reliable
