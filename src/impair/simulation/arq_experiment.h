// ArqExperiment measures what a strategy for repeat requests gets through a line that loses
// packets, in virtual time, and tells what the textbook says.
#pragma once

#include <optional>

#include "transport/reliable/arq/arq.h"

namespace netlab::simulated {

// Packets that fill a line: so many leave it before the first can be acknowledged.
std::uint64_t filling_window(Duration delay, std::uint64_t rate);

struct ArqExperiment {
  reliable::Strategy strategy = reliable::Strategy::selective_repeat;
  double loss = 0;           // share of the packets of data that are lost; acknowledgements are not
  Duration delay{};          // each way
  std::uint64_t rate = 0;    // bytes a second, at least 1
  std::uint32_t window = 1;  // packets on their way at most
  std::uint64_t packets = 1;  // to get through
  std::uint64_t seed = 1;

  struct Result {
    std::optional<double> rate;             // bytes of data a second; nothing: it was given up
    std::uint64_t packets = 0;              // sent
    std::uint64_t retransmitted_bytes = 0;  // sent more than once
  };
  // Throws std::logic_error when the transport broke a rule.
  Result run() const;

  // Bytes of data a second, by Stallings, Data and Computer Communications, on the performance of
  // data link control: the time-out is the round trip, acknowledgements take no time.
  double formula() const;
};

}  // namespace netlab::simulated
