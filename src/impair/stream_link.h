// StreamLink is one direction of a bad network as a stream of bytes feels it, on order: nothing is
// lost, for TCP sees to that, but it comes late, slowly, in small pieces, or not to its end. It has
// no sockets and no clock: bytes go in with the time, and come out when they may be sent on.
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
  std::uint64_t rate = 0;  // bytes a second; 0: any
  std::size_t split = 0;   // at most so many bytes come out at once, a millisecond apart; 0: any
  // After so many bytes, counted from the start of the connection:
  std::optional<std::uint64_t> cut_after;    // it ends, in good order
  std::optional<std::uint64_t> reset_after;  // it breaks
  std::optional<std::uint64_t> stall_after;  // nothing more comes, and nobody says so
};

class StreamLink {
 public:
  // What has become of the direction, once all bytes before that have come out.
  enum class End { none, finished, cut, reset };

  explicit StreamLink(const StreamLinkSettings& settings);

  // How many bytes may go in now; 0: none before some have come out.
  std::size_t room() const;
  void push(Instant now, std::span<const std::byte> bytes);
  // Its sender has finished writing.
  void finish(Instant now);

  // When there is something to do; `never` while there is nothing, or when it has stalled.
  Instant next() const;
  // What may be sent on now, possibly nothing. Valid until the next call.
  std::span<const std::byte> due(Instant now) const;
  // So many of these were sent.
  void sent(Instant now, std::size_t count);
  End end(Instant now) const;
  std::uint64_t bytes_sent() const { return sent_; }

 private:
  struct Piece {
    Instant at;  // when it comes out
    std::vector<std::byte> bytes;
  };

  // Of what is on its way, in bytes.
  std::size_t memory() const;
  // How many bytes may still come out before something happens.
  std::uint64_t allowed() const;

  StreamLinkSettings settings_;
  Bottleneck bottleneck_;
  std::size_t max_held_;
  std::size_t held_ = 0;
  std::deque<Piece> pieces_;
  std::size_t offset_ = 0;  // of what is left of the first of them
  Instant not_before_{};    // of the next piece after a split
  std::optional<Instant> finish_at_;
  std::uint64_t sent_ = 0;
};

}  // namespace netlab
