// ReceiveBuffer puts the bytes of a stream in order: each is stored where it belongs, whenever and
// however often it comes, and read once. It never promises more room than it has, nor takes a
// promise back. Before anything was read it promises little: the reader may turn out to be slow.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "transport/reliable/state/ring.h"
#include "transport/reliable/wire/ranges.h"

namespace netlab::reliable {

// What a buffer of so many bytes promises at first.
constexpr std::uint64_t initial_max_data(std::size_t capacity) {
  return std::min<std::uint64_t>(capacity, 64 * 1024);
}

class ReceiveBuffer {
 public:
  // It begins small and holds so many bytes at most.
  explicit ReceiveBuffer(std::size_t capacity);

  // False: they lie behind a gap, and there are too many gaps already. Throws ProtocolError when
  // the bytes go beyond the limit, or beyond the end of the stream.
  bool store(std::uint64_t offset, std::span<const std::byte> bytes, bool last);

  // All before have come; the end of the stream counts as one byte.
  std::uint64_t cumulative_ack() const;
  // All bytes and the end of the stream have come.
  bool is_whole() const { return end_ && in_order_ == *end_; }
  // They have been read as well.
  bool is_finished() const { return end_ && read_to_ == *end_; }
  // Bytes before this offset may be sent.
  std::uint64_t max_data() const { return max_data_; }
  // Room beyond what was read, bytes.
  std::size_t promise() const { return promise_; }
  // From now on it promises room for so many bytes beyond what was read.
  void bound(std::size_t bytes) { promise_ = std::min(bytes, capacity_); }

  // What can be read now, as far as it is in one piece, until something is stored; what was read is
  // then consumed().
  std::span<const std::byte> readable() const;
  void consumed(std::size_t bytes);

 private:
  const std::size_t capacity_;
  std::size_t promise_ = capacity_;
  std::uint64_t max_data_;
  Ring ring_;
  std::uint64_t read_to_ = 0;
  std::uint64_t in_order_ = 0;  // all bytes before have come
  Ranges ahead_;                // what has come behind a gap
  std::optional<std::uint64_t> end_;
};

}  // namespace netlab::reliable
