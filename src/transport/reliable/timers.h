// Timers holds the deadlines of a Connection. Those of its Sender and its Receiver are their own.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "base/clock.h"

namespace netlab::reliable {

enum class Timer {
  handshake,   // the handshake has failed
  hello,       // retransmit the HELLO
  idle,        // the peer does not reply: the connection has failed
  keep_alive,  // send a PING
  closing,     // leave the closing state
};

class Timers {
 public:
  Timers() { stop_all(); }

  void set(Timer timer, Instant deadline) { deadlines_[index(timer)] = deadline; }
  void stop(Timer timer) { set(timer, never); }
  void stop_all() { deadlines_.fill(never); }
  bool is_running(Timer timer) const { return deadlines_[index(timer)] != never; }

  // The earliest deadline; `never` if no timer is running.
  Instant next() const { return std::ranges::min(deadlines_); }
  // Stops a timer that has expired and returns it: the first one in the order of the enumeration.
  std::optional<Timer> take_expired(Instant now) {
    const auto expired =
        std::ranges::find_if(deadlines_, [now](Instant deadline) { return deadline <= now; });
    if (expired == deadlines_.end()) return std::nullopt;
    *expired = never;
    return static_cast<Timer>(expired - deadlines_.begin());
  }

 private:
  static constexpr auto count = static_cast<std::size_t>(Timer::closing) + 1;
  static std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }

  std::array<Instant, count> deadlines_;
};

}  // namespace netlab::reliable
