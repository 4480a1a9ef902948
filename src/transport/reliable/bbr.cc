#include "transport/reliable/bbr.h"

#include <algorithm>
#include <utility>

namespace netlab::reliable {
namespace {

constexpr double startup_gain = 2.885;  // 2 / ln 2: the rate doubles each round trip
constexpr double window_gain = 2;       // room for acknowledgements that come late or together
constexpr std::array<double, 8> phases = {1.25, 0.75, 1, 1, 1, 1, 1, 1};
constexpr std::uint64_t smallest_packets = 4;
constexpr int rounds_until_full = 3;  // without a quarter more
constexpr Duration round_trip_life = std::chrono::seconds(10);
constexpr Duration probe_lasts = std::chrono::milliseconds(200);
// What leaves and is acknowledged at once.
constexpr double most_quantum = 64 * 1024;
constexpr double quantum_seconds = 0.001;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void Bbr::on_acknowledged(const Acknowledged& news, const RoundTrip& round_trip) {
  measure(news, round_trip);
  look_whether_full(news);
  change_mode(news);
}

void Bbr::measure(const Acknowledged& news, const RoundTrip& round_trip) {
  is_new_round_ = is_new_round_ || news.round_is_over;
  // What the application had to say is no measure, unless it is more than was thought possible, nor
  // is what a nearly empty pipe delivers: they make no round of their own.
  const bool is_limited = news.rate_is_applications || mode_ == Mode::probe_round_trip;
  if (!is_limited || news.rate > bandwidth()) {
    if (std::exchange(is_new_round_, false)) rates_[++round_ % rates_.size()] = 0;
    double& rate = rates_[round_ % rates_.size()];
    rate = std::max(rate, news.rate);
  }
  const bool is_first = round_trip_ == Duration::max();
  round_trip_is_old_ = !is_first && news.now > round_trip_seen_ + round_trip_life;
  if (round_trip.latest() > round_trip_ && !round_trip_is_old_) return;
  round_trip_ = std::max<Duration>(round_trip.latest(), std::chrono::microseconds(1));
  round_trip_seen_ = news.now;
}

void Bbr::look_whether_full(const Acknowledged& news) {
  if (is_full_ || !news.round_is_over || news.rate_is_applications) return;
  if (bandwidth() >= 1.25 * full_at_) {
    full_at_ = bandwidth();
    rounds_at_it_ = 0;
    return;
  }
  is_full_ = ++rounds_at_it_ >= rounds_until_full;
}

void Bbr::change_mode(const Acknowledged& news) {
  const double left = static_cast<double>(news.in_flight - std::min(news.bytes, news.in_flight));
  if (mode_ == Mode::startup && is_full_) mode_ = Mode::drain;
  if (mode_ == Mode::drain && left <= on_its_way(1)) enter_probe_bandwidth(news.now);
  if (mode_ == Mode::probe_bandwidth && news.now - phase_began_ > round_trip_) {
    phase_ = (phase_ + 1) % phases.size();
    phase_began_ = news.now;
  }
  // The time runs from when the queue can have emptied.
  if (mode_ == Mode::probe_round_trip && probe_ends_ == never && left <= smallest())
    probe_ends_ = news.now + std::max(probe_lasts, round_trip_);
  if (mode_ == Mode::probe_round_trip && news.now >= probe_ends_) {
    round_trip_seen_ = news.now;
    if (is_full_)
      enter_probe_bandwidth(news.now);
    else
      mode_ = Mode::startup;
  } else if (mode_ != Mode::probe_round_trip && round_trip_is_old_) {
    mode_ = Mode::probe_round_trip;
    probe_ends_ = never;
  }
}

void Bbr::enter_probe_bandwidth(Instant now) {
  mode_ = Mode::probe_bandwidth;
  phase_ = 2;  // not with more: the queue has just been emptied
  phase_began_ = now;
}

// From the beginning: held at what little came through, the level would rise by a quarter each
// eight round trips.
void Bbr::on_persistent_congestion() {
  rates_.fill(0);
  mode_ = Mode::startup;
  is_full_ = false;
  full_at_ = 0;
  rounds_at_it_ = 0;
}

double Bbr::bandwidth() const {
  return *std::ranges::max_element(rates_);
}

double Bbr::on_its_way(double gain) const {
  return gain * bandwidth() * seconds(round_trip_);
}

double Bbr::gain() const {
  switch (mode_) {
    case Mode::startup:
      return startup_gain;
    case Mode::drain:
      return 1 / startup_gain;
    case Mode::probe_bandwidth:
      return phases[phase_];
    case Mode::probe_round_trip:
      break;
  }
  return 1;
}

std::uint64_t Bbr::smallest() const {
  return smallest_packets * datagram_;
}

std::uint64_t Bbr::window() const {
  if (mode_ == Mode::probe_round_trip) return smallest();
  // Until the pipe was full once, little that came is no reason to send less.
  const std::uint64_t least = is_full_ ? smallest() : initial_window(datagram_);
  const double gain = mode_ == Mode::startup ? startup_gain : window_gain;
  const double quantum = 3 * std::min(most_quantum, bandwidth() * quantum_seconds);
  return std::max(least, static_cast<std::uint64_t>(on_its_way(gain) + quantum));
}

double Bbr::pacing_rate(const RoundTrip& round_trip) const {
  const double measured = gain() * bandwidth();
  if (is_full_) return measured;
  return std::max(measured, startup_gain * static_cast<double>(initial_window(datagram_)) /
                                std::max(seconds(round_trip.smoothed()), 0.001));
}

}  // namespace netlab::reliable
