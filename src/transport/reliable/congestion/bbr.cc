#include "transport/reliable/congestion/bbr.h"

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
// Twice in its life, or those who share a queue disagree on how long it is without one.
constexpr Duration probe_every = std::chrono::seconds(5);
constexpr Duration probe_lasts = std::chrono::milliseconds(200);
constexpr Duration shortest_round_trip = std::chrono::microseconds(1);
constexpr double longest_bunch = 0.1;  // seconds
// What leaves at once: bytes, and seconds to send it. Below so many bytes a second it is a packet.
constexpr std::uint64_t most_quantum = 64 * 1024;
constexpr double quantum_seconds = 0.001;
constexpr double slow = 150'000;

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
  if (!is_limited || news.rate > bandwidth_.get()) {
    if (std::exchange(is_new_round_, false)) {
      bandwidth_.begin_round();
      bunch_.begin_round();
    }
    bandwidth_.add(news.rate);
  }
  measure_bunch(news);
  measure_round_trip(news.now, std::max<Duration>(round_trip.latest(), shortest_round_trip));
}

// While a bunch gathers somewhere nothing is acknowledged, and the window has to last.
void Bbr::measure_bunch(const Acknowledged& news) {
  double expected = bandwidth_.get() * in_seconds(news.now - bunching_since_);
  if (bunching_ <= expected) {
    bunching_since_ = news.now;
    bunching_ = 0;
    expected = 0;
  }
  bunching_ += static_cast<double>(news.bytes);
  bunch_.add(std::min(bunching_ - expected, longest_bunch * bandwidth_.get()));
}

void Bbr::measure_round_trip(Instant now, Duration latest) {
  probe_is_due_ = recent_ != Duration::max() && now > recent_seen_ + probe_every;
  if (latest <= recent_ || probe_is_due_) {
    recent_ = latest;
    recent_seen_ = now;
  }
  if (recent_ > round_trip_ && now <= round_trip_seen_ + round_trip_life) return;
  round_trip_ = recent_;
  round_trip_seen_ = recent_seen_;
}

void Bbr::look_whether_full(const Acknowledged& news) {
  if (is_full_ || !news.round_is_over || news.rate_is_applications) return;
  if (bandwidth_.get() >= 1.25 * full_at_) {
    full_at_ = bandwidth_.get();
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
  if (mode_ == Mode::probe_round_trip && probe_ends_ == never && left <= of_probe())
    probe_ends_ = news.now + std::max(probe_lasts, round_trip_);
  if (mode_ == Mode::probe_round_trip && news.now >= probe_ends_) {
    recent_seen_ = news.now;
    if (is_full_)
      enter_probe_bandwidth(news.now);
    else
      mode_ = Mode::startup;
  } else if (mode_ != Mode::probe_round_trip && probe_is_due_) {
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
  bandwidth_.clear();
  bunch_.clear();
  mode_ = Mode::startup;
  is_full_ = false;
  full_at_ = 0;
  rounds_at_it_ = 0;
}

double Bbr::on_its_way(double gain) const {
  return gain * bandwidth_.get() * in_seconds(round_trip_);
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

// The queue runs empty, and the path itself does not.
std::uint64_t Bbr::of_probe() const {
  return std::max(smallest(), static_cast<std::uint64_t>(on_its_way(0.5)));
}

std::uint64_t Bbr::quantum() const {
  const double bandwidth = bandwidth_.get();
  return std::max((bandwidth < slow ? 1 : 2) * datagram_,
                  std::min(most_quantum, static_cast<std::uint64_t>(quantum_seconds * bandwidth)));
}

// Beyond what the path holds there is room for a quantum at each end and its acknowledgement, and
// for a bunch: a window without that starves beside another's that has it.
std::uint64_t Bbr::window() const {
  if (mode_ == Mode::probe_round_trip) return of_probe();
  const double gain = mode_ == Mode::startup ? startup_gain : window_gain;
  auto window = static_cast<std::uint64_t>(on_its_way(gain)) + 3 * quantum();
  if (is_full_) window += static_cast<std::uint64_t>(bunch_.get());
  if (mode_ == Mode::probe_bandwidth && phase_ == 0) window += 2 * datagram_;
  // Until the pipe was full once, little that came is no reason to send less.
  return std::max(window, is_full_ ? smallest() : initial_window(datagram_));
}

double Bbr::pacing_rate(const RoundTrip& round_trip) const {
  const double measured = gain() * bandwidth_.get();
  if (is_full_) return measured;
  // The shortest: a peer that was busy when it was first asked answers at once now.
  const Duration round = round_trip.is_measured() ? round_trip.smallest() : initial_round_trip;
  return std::max(measured, startup_gain * static_cast<double>(initial_window(datagram_)) /
                                std::max(in_seconds(round), 0.001));
}

}  // namespace netlab::reliable
