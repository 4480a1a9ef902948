// SendBuffer holds written bytes until the peer has acknowledged them, because they may have to be
// retransmitted. Bytes are identified by their stream offset, which starts at 0. The end of the
// stream counts as one more byte, so it is sent, lost and acknowledged like any other (as TCP's FIN
// is).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "transport/reliable/state/ring.h"

namespace netlab::reliable {

class SendBuffer {
 public:
  // Starts small and grows to at most `max_capacity` bytes.
  explicit SendBuffer(std::size_t max_capacity) : ring_(max_capacity) {}

  // The first byte that is not acknowledged.
  std::uint64_t begin() const { return begin_; }
  // The offset after the last byte that was written.
  std::uint64_t written_to() const { return written_to_; }
  // The same, but including the end of the stream once finish() was called.
  std::uint64_t end() const { return written_to_ + (finished_ ? 1 : 0); }
  bool is_finished() const { return finished_; }

  // Bytes of free space.
  std::size_t free() const;
  // Contiguous free space; empty when there is none. Bytes that were placed there are then reported
  // by written().
  std::span<std::byte> room();
  void written(std::size_t bytes) { written_to_ += bytes; }
  // Grows the capacity to at least `bytes`, as far as the maximum allows.
  void grow(std::uint64_t bytes);
  void finish() { finished_ = true; }

  void copy(std::uint64_t offset, std::span<std::byte> into) const;
  // The peer has received all bytes before `offset`.
  void acknowledge(std::uint64_t offset);

 private:
  Ring ring_;
  std::uint64_t begin_ = 0;
  std::uint64_t written_to_ = 0;
  bool finished_ = false;
};

}  // namespace netlab::reliable
