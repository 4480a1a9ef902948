// BBR (draft-cardwell-iccrg-bbr-congestion-control-00, and -02 for how the round trip is probed and
// for acknowledgements that come in bunches): it does not wait for losses, but measures how fast
// the path delivers and how long its round trip is when no queue stands, and keeps as much on its
// way as that makes: the bandwidth-delay product. Decisions losses do not slow it down; a queue
// that overflows does not either.
#pragma once

#include "transport/reliable/congestion/congestion.h"
#include "transport/reliable/congestion/recent_maximum.h"

namespace netlab::reliable {

class Bbr : public Congestion {
 public:
  explicit Bbr(std::uint64_t datagram) : datagram_(datagram) {}

  void set_datagram(std::uint64_t bytes) override { datagram_ = bytes; }
  void on_acknowledged(const AckEvent& event, const RttEstimator& rtt) override;
  void on_lost(Instant, Instant, std::uint64_t) override {}
  void on_persistent_congestion() override;
  std::uint64_t window() const override;
  double pacing_rate(const RttEstimator& rtt) const override;

 private:
  // Fill the pipe, empty the queue that made, then hold the level: try a little more, a little
  // less, and now and then almost nothing, to see the round trip without a queue.
  enum class Mode { startup, drain, probe_bw, probe_rtt };

  void measure(const AckEvent& event, const RttEstimator& rtt);
  void measure_extra_acked(const AckEvent& event);
  void measure_rtt(Instant now, Duration latest);
  void check_full_pipe(const AckEvent& event);
  void change_mode(const AckEvent& event);
  void enter_probe_bw(Instant now);
  // Windows and parts of them, in bytes.
  std::uint64_t min_window_bytes() const;
  std::uint64_t probe_rtt_window() const;
  std::uint64_t quantum() const;
  double bdp(double gain) const;  // so many bandwidth-delay products
  double gain() const;            // of the pace

  std::uint64_t datagram_;
  Mode mode_ = Mode::startup;
  RecentMaximum bandwidth_;    // bytes a second; 0: not measured
  bool is_new_round_ = false;  // and nothing was measured in it yet
  RecentMaximum extra_acked_;  // bytes that came together, beyond what the bandwidth accounts for
  double aggregated_ = 0;      // bytes that came since
  Instant aggregation_start_{};
  Duration rtt_ = Duration::max();  // the shortest of ten seconds
  Instant min_rtt_time_{};
  Duration probe_min_rtt_ = Duration::max();  // the shortest since the last probe
  Instant probe_min_rtt_time_{};
  bool probe_is_due_ = false;
  double full_bw_ = 0;  // the bandwidth that has to be exceeded
  int full_bw_rounds_ = 0;
  bool full_pipe_ = false;
  std::size_t phase_ = 0;
  Instant phase_began_{};
  Instant probe_ends_ = never;
};

}  // namespace netlab::reliable
