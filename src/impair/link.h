// Link is one direction of an impaired network, modeled on netem(8). For each packet that enters,
// it decides whether the packet leaves, when, and with which changes. It has no sockets and no
// clock: `netlab impair` puts it between two programs, tests put it between two state machines in
// virtual time. The decisions depend only on the seed, the stream and the packet's ordinal
// (decisions.h). Time determines only when a packet leaves, and whether the queue is full. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "impair/bottleneck.h"
#include "impair/decisions.h"
#include "impair/link_settings.h"

namespace netlab {

// What a Link decided for one packet.
struct Fate {
  // Flips the bit that was chosen, if any, in the packet's bytes.
  void corrupt(std::span<std::byte> bytes) const {
    if (flipped_bit) bytes[*flipped_bit / 8] ^= std::byte{1} << (*flipped_bit % 8);
  }

  enum class Outcome {
    passed,
    lost,      // at random
    dropped,   // chosen by its ordinal
    overflow,  // dropped because the queue was full
  };

  std::uint64_t ordinal = 0;  // counted from 1
  Outcome outcome = Outcome::passed;
  // The rest is valid only if it passed.
  Instant at{};                              // when it leaves the link
  bool duplicated = false;                   // it leaves twice, both at the same time
  bool reordered = false;                    // held back, so that later packets may overtake it
  std::optional<std::uint64_t> flipped_bit;  // bit % 8 (0: the lowest) of byte bit / 8
};

class Link {
 public:
  // `stream` distinguishes the links that have the same seed. `bottleneck`: shared with other
  // links, and must outlive this one; null: the link has its own, with the rate and queue of the
  // settings.
  Link(const LinkSettings& settings, std::uint64_t seed, std::uint64_t stream,
       Bottleneck* bottleneck = nullptr);

  // Decides what happens to the next packet, which enters now. `now` must not decrease.
  Fate pass(Instant now, std::size_t size);

 private:
  bool happens(Decisions::Kind kind, double probability) const;
  bool is_dropped() const;
  bool is_lost();
  Instant arrival(Instant sent, bool reordered);

  LinkSettings settings_;
  Decisions decisions_;
  Bottleneck own_bottleneck_;
  Bottleneck* bottleneck_;  // null: own_bottleneck_
  std::uint64_t ordinal_ = 0;
  bool in_burst_ = false;
  Instant last_arrival_ = Instant::min();
};

// Returns the largest loss probability possible with bursts of this mean length, because at least
// one packet passes between two bursts. Returns 1 for 0, which makes losses independent.
double max_loss(double burst);

}  // namespace netlab
