#include "transport/reliable/send_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace netlab::reliable {

SendBuffer::SendBuffer(std::size_t capacity)
    : capacity_(capacity), ring_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {}

std::span<std::byte> SendBuffer::room() {
  if (finished_) return {};
  const std::size_t held = written_to_ - std::min(begin_, written_to_);
  const std::size_t at = written_to_ % capacity_;
  return {ring_.get() + at, std::min(capacity_ - held, capacity_ - at)};
}

void SendBuffer::copy(std::uint64_t offset, std::span<std::byte> into) const {
  assert(offset >= begin_ && offset + into.size() <= written_to_);
  const std::size_t at = offset % capacity_;
  const std::size_t before_wrap = std::min(into.size(), capacity_ - at);
  std::memcpy(into.data(), ring_.get() + at, before_wrap);
  std::memcpy(into.data() + before_wrap, ring_.get(), into.size() - before_wrap);
}

void SendBuffer::acknowledge(std::uint64_t offset) {
  assert(offset <= end());
  begin_ = std::max(begin_, offset);
}

}  // namespace netlab::reliable
