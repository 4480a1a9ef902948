#include "transport/reliable/state/receive_buffer.h"

#include <algorithm>

#include "base/error.h"

namespace netlab::reliable {
namespace {
// Losses make some hundred; a hostile peer would make millions, and each costs time.
constexpr std::size_t max_gaps = 2048;
}  // namespace

ReceiveBuffer::ReceiveBuffer(std::size_t capacity)
    : capacity_(capacity), max_data_(initial_max_data(capacity)), ring_(capacity) {}

bool ReceiveBuffer::store(std::uint64_t offset, std::span<const std::byte> bytes, bool last) {
  const std::uint64_t end = offset + bytes.size();
  const std::uint64_t known_end =
      std::max(in_order_, ahead_.empty() ? 0 : ahead_.runs().back().end);
  if (end > max_data()) throw ProtocolError("more bytes than there is room for");
  if ((end_ && end > *end_) || (last && end_.value_or(end) != end) || (last && end < known_end))
    throw ProtocolError("bytes behind the end of the stream");
  if (last) end_ = end;
  if (end <= in_order_) return true;  // known already
  if (offset > in_order_ && ahead_.runs().size() == max_gaps) return false;
  if (offset < in_order_) {
    bytes = bytes.subspan(in_order_ - offset);
    offset = in_order_;
  }
  ring_.grow(end - read_to_, read_to_, known_end);
  ring_.put(offset, bytes);
  if (offset > in_order_) {
    ahead_.add({offset, end});
    return true;
  }
  in_order_ = end;
  while (!ahead_.empty() && ahead_.runs().front().first <= in_order_) {
    in_order_ = std::max(in_order_, ahead_.runs().front().end);
    ahead_.remove_below(in_order_);
  }
  return true;
}

void ReceiveBuffer::consumed(std::size_t bytes) {
  read_to_ += bytes;
  // Empty, it begins at its start again: a reader that keeps up touches little of it.
  if (read_to_ == in_order_ && ahead_.empty()) ring_.restart(read_to_);
  max_data_ = std::max(max_data_, read_to_ + promise_);
}

std::uint64_t ReceiveBuffer::cumulative_ack() const {
  return in_order_ + (is_whole() ? 1 : 0);
}

std::span<const std::byte> ReceiveBuffer::readable() const {
  return ring_.piece(read_to_, in_order_ - read_to_);
}

}  // namespace netlab::reliable
