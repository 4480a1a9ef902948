// ScriptedStream is a Stream whose peer is a script: it delivers the scripted pieces, pauses in
// virtual time, fails where the script says so, and records what is written. After the last piece
// the peer has finished.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "support/virtual_network.h"
#include "transport/stream.h"

namespace netlab {

class ScriptedStream : public Stream {
 public:
  explicit ScriptedStream(VirtualNetwork& network)
      : Stream(Address::loopback(4711)), network_(network) {}

  // The script.
  ScriptedStream& says(std::string_view piece) { return then({.bytes = std::string(piece)}); }
  ScriptedStream& says_bytewise(std::string_view text, Duration between = Duration::zero()) {
    for (const char byte : text) pauses(between).says({&byte, 1});
    return *this;
  }
  ScriptedStream& pauses(Duration pause) { return then({.pause = pause}); }
  ScriptedStream& is_silent() { return pauses(Duration::max()); }
  ScriptedStream& fails(int error) { return then({.error = error}); }
  // The peer receives `most` bytes, then stops reading.
  ScriptedStream& takes(std::size_t most) {
    room_ = most;
    return *this;
  }
  // Called before each write. It may let time pass beyond the write's deadline.
  std::function<void()> before_write = [] {};

  // What happened.
  std::string written() const {
    std::string all;
    for (const std::string& piece : writes) all += piece;
    return all;
  }
  std::size_t unread() const {
    std::size_t total = 0;
    for (const Step& step : script_) total += step.bytes.size();
    return total;
  }
  std::vector<std::string> writes;
  bool finished = false;
  bool aborted = false;

  std::size_t read_some(std::span<std::byte> into) override {
    if (script_.empty()) return 0;
    Step& step = script_.front();
    if (step.pause > Duration::zero()) pass(step);
    if (step.error != 0) throw SystemError("receive from " + peer().text(), step.error);
    const std::size_t count = std::min(into.size(), step.bytes.size());
    std::ranges::copy(std::as_bytes(std::span(step.bytes)).first(count), into.begin());
    step.bytes.erase(0, count);
    const bool was_a_pause = count == 0;
    if (step.bytes.empty()) script_.pop_front();
    return was_a_pause ? read_some(into) : count;
  }

  void write_all(std::span<const std::byte> bytes) override {
    before_write();
    if (network_.now() > deadline()) throw SystemError("send to " + peer().text(), ETIMEDOUT);
    if (finished) throw std::logic_error("a write after finish_writing");
    const std::size_t count = std::min(room_, bytes.size());
    room_ -= count;
    writes.emplace_back(reinterpret_cast<const char*>(bytes.data()), count);
    if (count == bytes.size()) return;
    network_.sleep_until(deadline());
    throw SystemError("send to " + peer().text(), ETIMEDOUT);
  }

  void finish_writing() override { finished = true; }
  void abort() override { aborted = true; }

 private:
  struct Step {
    std::string bytes{};
    Duration pause{};
    int error = 0;
  };

  ScriptedStream& then(Step step) {
    if (!step.bytes.empty() || step.pause != Duration::zero() || step.error != 0)
      script_.push_back(std::move(step));
    return *this;
  }

  // Sleeps until the end of the pause. If the deadline is earlier, sleeps until the deadline and
  // throws SystemError (ETIMEDOUT).
  void pass(Step& step) {
    const Instant end = add_saturating(network_.now(), step.pause);
    if (end > deadline()) {
      if (step.pause != Duration::max())
        step.pause -= std::max(deadline() - network_.now(), Duration::zero());
      network_.sleep_until(deadline());
      throw SystemError("receive from " + peer().text(), ETIMEDOUT);
    }
    if (end == never) throw std::logic_error("this would wait for ever");
    network_.sleep_until(end);
    step.pause = Duration::zero();
  }

  VirtualNetwork& network_;
  std::deque<Step> script_;
  std::size_t room_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace netlab
