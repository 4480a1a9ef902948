// Link is one direction of a network that misbehaves on order. For each packet that goes in, it
// tells whether it comes out, when, and what has been done to it. It has no sockets and no clock:
// `netlab impair` puts it between two programs, tests put it between two state machines in virtual
// time. What is decided depends on the seed, the stream and the packet's ordinal alone (chance.h);
// time decides but when it comes out, and whether a queue was full.
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

// What becomes of a packet.
struct Fate {
  // Does to its bytes what was decided.
  void corrupt(std::span<std::byte> bytes) const {
    if (flipped_bit) bytes[*flipped_bit / 8] ^= std::byte{1} << (*flipped_bit % 8);
  }

  enum class Outcome {
    passed,
    lost,      // by chance
    dropped,   // by its ordinal
    overflow,  // nobody asked for it: the queue had no room
  };

  std::uint64_t ordinal = 0;  // counted from 1
  Outcome outcome = Outcome::passed;
  // Of one that passed:
  Instant at{};                              // when it comes out
  bool duplicated = false;                   // it comes out twice, both at once
  bool reordered = false;                    // held back, so that others may overtake it
  std::optional<std::uint64_t> flipped_bit;  // bit % 8 (0: the lowest) of byte bit / 8
};

class Link {
 public:
  // `stream`: which of the links that have the same seed. `line`: one that is shared with other
  // links, instead of one of its own with the settings' rate and queue; it outlives the link.
  Link(const LinkSettings& settings, std::uint64_t seed, std::uint64_t stream,
       Bottleneck* line = nullptr);

  // The next packet goes in. `now` never goes back.
  Fate pass(Instant now, std::size_t size);

 private:
  bool has(Decisions::Kind what, double share) const;
  bool is_dropped() const;
  bool is_lost();
  Instant arrival(Instant sent, bool reordered);

  LinkSettings settings_;
  Decisions decisions_;
  Bottleneck own_bottleneck_;
  Bottleneck* bottleneck_;  // null: its own
  std::uint64_t ordinal_ = 0;
  bool in_burst_ = false;
  Instant last_arrival_ = Instant::min();
};

// The largest share that can be lost in runs of this mean length: at least one packet comes through
// between two runs. 1 for 0, which makes no runs.
double max_loss(double burst);

}  // namespace netlab
