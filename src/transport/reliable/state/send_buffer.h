// SendBuffer holds what was written until the peer has acknowledged it, for it may have to be sent
// again. Bytes are known by their offset in the stream, from 0 on; the end of the stream counts as
// one byte more, so that it is sent, lost and acknowledged like any other (as TCP's FIN is).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "transport/reliable/state/ring.h"

namespace netlab::reliable {

class SendBuffer {
 public:
  // It begins small and holds `most` bytes at most.
  explicit SendBuffer(std::size_t most) : ring_(most) {}

  // The first byte that is not acknowledged.
  std::uint64_t begin() const { return begin_; }
  // Behind the last byte that was written.
  std::uint64_t written_to() const { return written_to_; }
  // The same, with the end of the stream once it is known.
  std::uint64_t end() const { return written_to_ + (finished_ ? 1 : 0); }
  bool is_finished() const { return finished_; }

  // Bytes that there is room for.
  std::size_t free() const;
  // Free room in one piece: empty when there is none. What was put there is then written().
  std::span<std::byte> room();
  void written(std::size_t bytes) { written_to_ += bytes; }
  // Holds so many bytes from now on, if it did not, as far as it may.
  void grow(std::uint64_t bytes);
  void finish() { finished_ = true; }

  void copy(std::uint64_t offset, std::span<std::byte> into) const;
  // All before `offset` have come.
  void acknowledge(std::uint64_t offset);

 private:
  Ring ring_;
  std::uint64_t begin_ = 0;
  std::uint64_t written_to_ = 0;
  bool finished_ = false;
};

}  // namespace netlab::reliable
