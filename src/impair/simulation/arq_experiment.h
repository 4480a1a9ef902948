// ArqExperiment measures the throughput of an ARQ strategy over a lossy link in virtual time. It
// also computes the throughput that the textbook predicts.
#pragma once

#include <optional>

#include "transport/reliable/arq/arq.h"

namespace netlab::simulated {

// The window, in packets, that fills the link: what is sent before the first packet can be
// acknowledged. `delay`: one way. `rate`: bytes per second.
std::uint64_t filling_window(Duration delay, std::uint64_t rate);

struct ArqExperiment {
  reliable::Strategy strategy = reliable::Strategy::selective_repeat;
  double loss = 0;            // share of DATA packets that are lost; ACKs are not lost
  Duration delay{};           // each way
  std::uint64_t rate = 0;     // of the link, bytes per second, at least 1
  std::uint32_t window = 1;   // maximum packets in flight
  std::uint64_t packets = 1;  // full packets of payload to transfer
  std::uint64_t seed = 1;

  struct Result {
    std::optional<double> rate;             // payload bytes per second; none: given up
    std::uint64_t packets = 0;              // sent
    std::uint64_t retransmitted_bytes = 0;  // payload sent more than once
  };
  // Throws std::logic_error if the simulation found a violated invariant.
  Result run() const;

  // The predicted rate in payload bytes per second (Stallings, Data and Computer Communications, on
  // the performance of data link control). It assumes that the timeout equals the RTT and that ACKs
  // take no transmission time.
  double formula() const;
};

}  // namespace netlab::simulated
