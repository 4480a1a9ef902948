// TransferContext is what all parts of a client's transfer share: how long the server may take, the
// rate limit, and where progress is reported.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "protocol/transfer/rate_limit.h"
#include "transport/network.h"

namespace netlab {

struct TransferProgress {
  std::uint64_t moved = 0;  // bytes transferred since the last report; 0: the transfer starts
  std::uint64_t done = 0;   // bytes that both ends have
  std::uint64_t size = 0;   // bytes to have in the end; 0: unknown
};

struct TransferContext {
  Network& network;
  Duration response_timeout = std::chrono::seconds(10);  // how long the server may be silent
  RateLimiter limiter{0, network};
  // Called when the first byte is about to be transferred, and after each piece.
  std::function<void(const TransferProgress&)> progress = [](const TransferProgress&) {};
  // Called with a line that the user should see.
  std::function<void(const std::string& line)> notice = [](const std::string&) {};

  // The deadline of a reply that the server begins now.
  Instant deadline() const { return add_saturating(network.now(), response_timeout); }
  // The minimum rate of a transfer that starts now.
  MinimumRate minimum_rate() const {
    return MinimumRate::of(response_timeout, limiter.rate(), network);
  }
};

}  // namespace netlab
