// ReceiveBuffer reassembles a stream: bytes are stored at their offset, in whatever order and
// however often they arrive, and read once in order. It also computes the flow-control limit. The
// limit never exceeds the free capacity and is never withdrawn. It starts small, because the reader
// may be slow.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "transport/reliable/state/ring.h"
#include "transport/reliable/wire/ranges.h"

namespace netlab::reliable {

// The initial flow-control limit of a buffer with `capacity` bytes.
constexpr std::uint64_t initial_max_data(std::size_t capacity) {
  return std::min<std::uint64_t>(capacity, 64 * 1024);
}

class ReceiveBuffer {
 public:
  // Starts small and grows to at most `capacity` bytes.
  explicit ReceiveBuffer(std::size_t capacity);

  // Returns false if the bytes were dropped, because they follow a gap and there are too many gaps
  // already. Throws ProtocolError if they exceed the flow-control limit or contradict the final
  // size.
  bool store(std::uint64_t offset, std::span<const std::byte> bytes, bool last);

  // All bytes before this offset were received. The end of the stream counts as one byte.
  std::uint64_t cumulative_ack() const;
  // All bytes and the end of the stream were received.
  bool is_complete() const { return final_size_ && in_order_end_ == *final_size_; }
  // The stream was received and consumed completely.
  bool is_finished() const { return final_size_ && read_end_ == *final_size_; }
  // The flow-control limit: the peer may send bytes before this offset.
  std::uint64_t max_data() const { return max_data_; }
  // The receive window: bytes offered beyond what was consumed.
  std::size_t window() const { return window_; }
  // Limits the receive window to `bytes` from now on.
  void set_window(std::size_t bytes) { window_ = std::min(bytes, capacity_); }

  // The first contiguous piece of the bytes that can be read now. Valid until the next store().
  // Bytes that were read are then reported by consumed().
  std::span<const std::byte> readable() const;
  void consumed(std::size_t bytes);

 private:
  const std::size_t capacity_;
  std::size_t window_ = capacity_;
  std::uint64_t max_data_;
  Ring ring_;
  std::uint64_t read_end_ = 0;
  std::uint64_t in_order_end_ = 0;  // all bytes before it were received
  Ranges out_of_order_;             // bytes received after a gap
  std::optional<std::uint64_t> final_size_;
};

}  // namespace netlab::reliable
