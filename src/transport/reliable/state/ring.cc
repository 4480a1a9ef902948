#include "transport/reliable/state/ring.h"

#include <algorithm>
#include <cstring>

namespace netlab::reliable {
namespace {
constexpr std::size_t first_capacity = 256 * 1024;
}

Ring::Ring(std::size_t max_capacity)
    : max_capacity_(max_capacity),
      capacity_(std::min(max_capacity, first_capacity)),
      bytes_(std::make_unique_for_overwrite<std::byte[]>(capacity_)) {}

void Ring::grow(std::uint64_t bytes, std::uint64_t begin, std::uint64_t end) {
  if (bytes <= capacity_ || capacity_ == max_capacity_) return;
  const std::size_t capacity =
      std::min<std::uint64_t>(max_capacity_, std::max<std::uint64_t>(bytes, 2 * capacity_));
  auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
  get(begin, {larger.get(), end - begin});
  bytes_ = std::move(larger);
  capacity_ = capacity;
  origin_ = begin;
}

std::span<std::byte> Ring::piece(std::uint64_t offset, std::uint64_t size) const {
  const std::size_t at = (offset - origin_) % capacity_;
  return {bytes_.get() + at, std::min<std::uint64_t>(size, capacity_ - at)};
}

void Ring::put(std::uint64_t offset, std::span<const std::byte> bytes) {
  const auto first = piece(offset, bytes.size());
  std::memcpy(first.data(), bytes.data(), first.size());
  const auto rest = bytes.subspan(first.size());
  std::memcpy(bytes_.get(), rest.data(), rest.size());
}

void Ring::get(std::uint64_t offset, std::span<std::byte> into) const {
  const auto first = piece(offset, into.size());
  std::memcpy(into.data(), first.data(), first.size());
  const auto rest = into.subspan(first.size());
  std::memcpy(rest.data(), bytes_.get(), rest.size());
}

}  // namespace netlab::reliable
