// StreamLink is one direction of an impaired network as a byte stream sees it. TCP hides loss, so
// nothing is lost: the bytes are delayed, throttled, split into small pieces, or cut off. It has no
// sockets and no clock: the time is an argument, and bytes are returned when they are due. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "impair/bottleneck.h"

namespace netlab {

struct StreamLinkSettings {
  Duration delay{};
  std::uint64_t rate = 0;  // bytes per second; 0: unlimited
  std::size_t split = 0;   // send at most this many bytes at once, 1 ms apart; 0: unlimited
  // After this many bytes of the connection:
  std::optional<std::uint64_t> cut_after;    // end the connection in order, with a FIN
  std::optional<std::uint64_t> reset_after;  // reset the connection
  std::optional<std::uint64_t> stall_after;  // send nothing more, but leave the connection open
};

class StreamLink {
 public:
  // How the direction has ended, after all bytes before its end were sent.
  enum class End { none, finished, cut, reset };

  explicit StreamLink(const StreamLinkSettings& settings);

  // Returns how many bytes push() accepts now; 0: none until some have been sent.
  std::size_t room() const;
  void push(Instant now, std::span<const std::byte> bytes);
  // The sender has finished writing.
  void finish(Instant now);

  // Returns when bytes or the end are due next; `never` if nothing is in flight or it has stalled.
  Instant next() const;
  // Returns the bytes that may be sent now, possibly none. Valid until the next call of push() or
  // sent().
  std::span<const std::byte> due(Instant now) const;
  // Removes the first `count` of the due bytes, which were sent.
  void sent(Instant now, std::size_t count);
  End end(Instant now) const;
  std::uint64_t bytes_sent() const { return sent_; }

 private:
  struct Piece {
    Instant at;  // when it is due
    std::vector<std::byte> bytes;
  };

  // Memory used by the data in flight, bytes.
  std::size_t memory() const;
  // How many bytes may still be sent before the cut, reset or stall.
  std::uint64_t allowed() const;

  StreamLinkSettings settings_;
  Bottleneck bottleneck_;
  std::size_t max_held_;  // bytes
  std::size_t held_ = 0;
  std::deque<Piece> pieces_;
  std::size_t offset_ = 0;  // of the first unsent byte in the first piece
  Instant not_before_{};    // when the next piece may be sent after a split
  std::optional<Instant> finish_at_;
  std::uint64_t sent_ = 0;
};

}  // namespace netlab
