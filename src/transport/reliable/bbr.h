// BBR (draft-cardwell-iccrg-bbr-congestion-control-00): it does not wait for losses, but measures
// how fast the path delivers and how long its round trip is when no queue stands, and keeps as much
// on its way as that makes: the bandwidth-delay product. Chance losses do not slow it down; a queue
// that overflows does not either, so that it is less polite than it should be to the others.
#pragma once

#include <array>

#include "transport/reliable/congestion.h"

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
  void look_whether_full(const Acknowledged& news);
  void change_mode(const Acknowledged& news);
  void enter_probe_bandwidth(Instant now);
  std::uint64_t smallest() const;        // window, bytes
  double bandwidth() const;              // bytes a second; 0: not measured
  double on_its_way(double gain) const;  // bytes: so many bandwidth-delay products
  double gain() const;                   // of the pace

  std::uint64_t datagram_;
  Mode mode_ = Mode::startup;
  std::array<double, 10> rates_{};  // the highest of each of the last rounds
  std::size_t round_ = 0;
  bool is_new_round_ = false;              // and nothing was measured in it yet
  Duration round_trip_ = Duration::max();  // the shortest of the last ten seconds
  Instant round_trip_seen_{};
  bool round_trip_is_old_ = false;
  double full_at_ = 0;  // the bandwidth that has to be exceeded
  int rounds_at_it_ = 0;
  bool is_full_ = false;
  std::size_t phase_ = 0;
  Instant phase_began_{};
  Instant probe_ends_ = never;
};

}  // namespace netlab::reliable
