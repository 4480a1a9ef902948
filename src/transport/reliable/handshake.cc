#include "transport/reliable/handshake.h"

#include <algorithm>
#include <utility>

namespace netlab::reliable {
namespace {

// RETRYs accepted in one handshake; further ones are ignored.
constexpr unsigned int max_retries = 8;
// The HELLO timeout starts at one second, or at the PTO once a RETRY has given an RTT sample. It
// doubles with each retransmission, up to this.
constexpr Duration max_hello_timeout = std::chrono::seconds(2);
constexpr unsigned int max_hello_doublings = 10;

}  // namespace

Duration Handshake::hello_timeout() const {
  const unsigned int doublings = std::min(times_sent_ - 1, max_hello_doublings);
  return std::min(rtt_.probe_timeout({}) * (1 << doublings), max_hello_timeout);
}

void Handshake::on_sent(Instant now) {
  is_pending_ = false;
  sent_ = now;
  ++times_sent_;
}

void Handshake::on_retry(Instant now, const Retry& retry) {
  if (++retries_received_ > max_retries) return;
  token_.assign(retry.token.begin(), retry.token.end());
  if (const auto rtt = rtt_sample(now)) rtt_.sample(*rtt, {});
  times_sent_ = 0;
  is_pending_ = true;
}

std::optional<Duration> Handshake::complete(Instant now) {
  if (std::exchange(is_complete_, true)) return std::nullopt;
  const auto rtt = rtt_sample(now);
  // The client may have delayed its first packet after the WELCOME, so at the server a sample
  // counts only if it is below the initial RTT.
  if (rtt && !is_client() && *rtt >= initial_rtt) return std::nullopt;
  return rtt;
}

// A packet that was sent twice gives no sample, because the reply may be to either (Karn's
// algorithm, RFC 6298 section 3).
std::optional<Duration> Handshake::rtt_sample(Instant now) const {
  if (times_sent_ != 1) return std::nullopt;
  return now - sent_;
}

}  // namespace netlab::reliable
