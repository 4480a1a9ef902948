// BBR (draft-cardwell-iccrg-bbr-congestion-control-00, and -02 for how the round trip is probed and
// for acknowledgements that come in bunches): it does not wait for losses, but measures how fast
// the path delivers and how long its round trip is when no queue stands, and keeps as much on its
// way as that makes: the bandwidth-delay product. Chance losses do not slow it down; a queue that
// overflows does not either.
#pragma once

#include "transport/reliable/congestion/congestion.h"
#include "transport/reliable/congestion/recent_maximum.h"

namespace netlab::reliable {

class Bbr : public Congestion {
 public:
  explicit Bbr(std::uint64_t datagram) : datagram_(datagram) {}

  void set_datagram(std::uint64_t bytes) override { datagram_ = bytes; }
  void on_acknowledged(const Acknowledged& news, const RoundTrip& round_trip) override;
  void on_lost(Instant, Instant, std::uint64_t) override {}
  void on_persistent_congestion() override;
  std::uint64_t window() const override;
  double pacing_rate(const RoundTrip& round_trip) const override;

 private:
  // Fill the pipe, empty the queue that made, then hold the level: try a little more, a little
  // less, and now and then almost nothing, to see the round trip without a queue.
  enum class Mode { startup, drain, probe_bandwidth, probe_round_trip };

  void measure(const Acknowledged& news, const RoundTrip& round_trip);
  void measure_bunch(const Acknowledged& news);
  void measure_round_trip(Instant now, Duration latest);
  void look_whether_full(const Acknowledged& news);
  void change_mode(const Acknowledged& news);
  void enter_probe_bandwidth(Instant now);
  // Windows and parts of them, in bytes.
  std::uint64_t smallest() const;
  std::uint64_t of_probe() const;
  std::uint64_t quantum() const;
  double on_its_way(double gain) const;  // so many bandwidth-delay products
  double gain() const;                   // of the pace

  std::uint64_t datagram_;
  Mode mode_ = Mode::startup;
  RecentMaximum bandwidth_;    // bytes a second; 0: not measured
  bool is_new_round_ = false;  // and nothing was measured in it yet
  RecentMaximum bunch_;        // bytes that came together, beyond what the bandwidth accounts for
  double bunching_ = 0;        // bytes that came since
  Instant bunching_since_{};
  Duration round_trip_ = Duration::max();  // the shortest of ten seconds
  Instant round_trip_seen_{};
  Duration recent_ = Duration::max();  // the shortest since the last probe
  Instant recent_seen_{};
  bool probe_is_due_ = false;
  double full_at_ = 0;  // the bandwidth that has to be exceeded
  int rounds_at_it_ = 0;
  bool is_full_ = false;
  std::size_t phase_ = 0;
  Instant phase_began_{};
  Instant probe_ends_ = never;
};

}  // namespace netlab::reliable
