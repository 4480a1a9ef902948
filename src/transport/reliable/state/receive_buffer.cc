#include "transport/reliable/state/receive_buffer.h"

#include <algorithm>

#include "base/error.h"

namespace netlab::reliable {
namespace {
// Losses cause a few hundred gaps. A hostile peer could cause millions, and each one costs time.
constexpr std::size_t max_gaps = 2048;
}  // namespace

ReceiveBuffer::ReceiveBuffer(std::size_t capacity)
    : capacity_(capacity), max_data_(initial_max_data(capacity)), ring_(capacity) {}

bool ReceiveBuffer::store(std::uint64_t offset, std::span<const std::byte> bytes, bool last) {
  const std::uint64_t end = offset + bytes.size();
  const std::uint64_t received_end =
      std::max(in_order_end_, out_of_order_.empty() ? 0 : out_of_order_.ranges().back().end);
  if (end > max_data()) throw ProtocolError("DATA: exceeds the flow-control limit");
  if ((final_size_ && end > *final_size_) || (last && final_size_.value_or(end) != end) ||
      (last && end < received_end))
    throw ProtocolError("DATA: contradicts the final size of the stream");
  if (last) final_size_ = end;
  if (end <= in_order_end_) return true;  // a duplicate
  if (offset > in_order_end_ && out_of_order_.ranges().size() == max_gaps) return false;
  if (offset < in_order_end_) {
    bytes = bytes.subspan(in_order_end_ - offset);
    offset = in_order_end_;
  }
  ring_.grow(end - read_end_, read_end_, received_end);
  ring_.put(offset, bytes);
  if (offset > in_order_end_) {
    out_of_order_.add({offset, end});
    return true;
  }
  in_order_end_ = end;
  while (!out_of_order_.empty() && out_of_order_.ranges().front().first <= in_order_end_) {
    in_order_end_ = std::max(in_order_end_, out_of_order_.ranges().front().end);
    out_of_order_.remove_below(in_order_end_);
  }
  return true;
}

void ReceiveBuffer::consumed(std::size_t bytes) {
  read_end_ += bytes;
  // An empty ring restarts at its beginning, so a reader that keeps up touches little memory.
  if (read_end_ == in_order_end_ && out_of_order_.empty()) ring_.restart(read_end_);
  max_data_ = std::max(max_data_, read_end_ + window_);
}

std::uint64_t ReceiveBuffer::cumulative_ack() const {
  return in_order_end_ + (is_complete() ? 1 : 0);
}

std::span<const std::byte> ReceiveBuffer::readable() const {
  return ring_.piece(read_end_, in_order_end_ - read_end_);
}

}  // namespace netlab::reliable
