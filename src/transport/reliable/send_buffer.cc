#include "transport/reliable/send_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace netlab::reliable {
namespace {
constexpr std::size_t first_capacity = 256 * 1024;
}

SendBuffer::SendBuffer(std::size_t most)
    : most_(most),
      capacity_(std::min(most, first_capacity)),
      ring_(std::make_unique_for_overwrite<std::byte[]>(capacity_)) {}

// At least twice as large, so that each byte is moved a few times at most.
void SendBuffer::grow(std::uint64_t bytes) {
  if (bytes <= capacity_ || capacity_ == most_) return;
  const std::size_t capacity =
      std::min<std::uint64_t>(most_, std::max<std::uint64_t>(bytes, 2 * capacity_));
  auto ring = std::make_unique_for_overwrite<std::byte[]>(capacity);
  const std::uint64_t first = std::min(begin_, written_to_);
  copy(first, {ring.get(), written_to_ - first});
  ring_ = std::move(ring);
  capacity_ = capacity;
  origin_ = first;
}

std::size_t SendBuffer::free() const {
  return finished_ ? 0 : capacity_ - (written_to_ - begin_);
}

std::span<std::byte> SendBuffer::room() {
  const std::size_t at = place_of(written_to_);
  return {ring_.get() + at, std::min(free(), capacity_ - at)};
}

void SendBuffer::copy(std::uint64_t offset, std::span<std::byte> into) const {
  assert((offset >= begin_ || into.empty()) && offset + into.size() <= written_to_);
  const std::size_t at = place_of(offset);
  const std::size_t before_wrap = std::min(into.size(), capacity_ - at);
  std::memcpy(into.data(), ring_.get() + at, before_wrap);
  std::memcpy(into.data() + before_wrap, ring_.get(), into.size() - before_wrap);
}

void SendBuffer::acknowledge(std::uint64_t offset) {
  assert(offset <= end());
  begin_ = std::max(begin_, offset);
}

}  // namespace netlab::reliable
