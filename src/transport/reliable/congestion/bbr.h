// BBR (draft-cardwell-iccrg-bbr-congestion-control-00; ProbeRTT and ACK aggregation as in -02). It
// estimates the bandwidth of the path and its RTT without queueing. It keeps about their product,
// the bandwidth-delay product (BDP), in flight. Random losses do not slow it down, but neither does
// an overflowing queue.
#pragma once

#include "transport/reliable/congestion/congestion.h"
#include "transport/reliable/congestion/recent_maximum.h"

namespace netlab::reliable {

class Bbr : public Congestion {
 public:
  explicit Bbr(std::uint64_t max_datagram_size) : max_datagram_size_(max_datagram_size) {}

  void set_max_datagram_size(std::uint64_t bytes) override { max_datagram_size_ = bytes; }
  void on_acknowledged(const AckEvent& event, const RttEstimator& rtt) override;
  void on_lost(Instant, Instant, std::uint64_t) override {}
  void on_persistent_congestion() override;
  std::uint64_t window() const override;
  double pacing_rate(const RttEstimator& rtt) const override;

 private:
  // Startup fills the pipe, and Drain empties the queue that this built. ProbeBW then holds the
  // rate and cycles a little above and below it. ProbeRTT sends little, to measure the RTT without
  // queueing.
  enum class State { startup, drain, probe_bw, probe_rtt };

  void update_model(const AckEvent& event, const RttEstimator& rtt);
  void update_extra_acked(const AckEvent& event);
  void update_min_rtt(Instant now, Duration latest_rtt);
  void check_full_pipe(const AckEvent& event);
  void update_state(const AckEvent& event);
  void enter_probe_bw(Instant now);
  // Windows and parts of a window, in bytes.
  std::uint64_t min_window_bytes() const;
  std::uint64_t probe_rtt_window() const;
  std::uint64_t send_quantum() const;
  double bdp(double gain) const;  // `gain` times the bandwidth-delay product
  double gain() const;            // of the pacing rate

  std::uint64_t max_datagram_size_;
  State state_ = State::startup;
  RecentMaximum bandwidth_;      // bytes per second; 0: not measured
  bool is_new_round_ = false;    // and it has no bandwidth sample yet
  RecentMaximum extra_acked_;    // bytes acknowledged beyond what the bandwidth explains
  double aggregated_bytes_ = 0;  // bytes acknowledged since aggregation_start_
  Instant aggregation_start_{};
  Duration min_rtt_ = Duration::max();  // the minimum of the last ten seconds
  Instant min_rtt_time_{};
  Duration probe_rtt_min_ = Duration::max();  // the minimum since the last ProbeRTT
  Instant probe_rtt_min_time_{};
  bool probe_rtt_due_ = false;
  double full_bw_ = 0;  // the bandwidth that must be exceeded by a quarter
  int full_bw_rounds_ = 0;
  bool filled_pipe_ = false;
  std::size_t phase_ = 0;
  Instant phase_start_{};
  Instant probe_rtt_end_ = never;
};

}  // namespace netlab::reliable
