// Ring is a ring buffer for a sliding window of a stream: a byte is addressed by its stream offset.
// Its memory grows with the longest window used so far, not with the longest possible one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace netlab::reliable {

class Ring {
 public:
  // `max_capacity`: bytes of the longest possible window.
  explicit Ring(std::size_t max_capacity);

  std::size_t capacity() const { return capacity_; }
  // Makes space for `bytes` bytes, up to the maximum, and keeps the bytes from `begin` to `end`.
  // The capacity at least doubles each time, so a byte is moved only a few times.
  void grow(std::uint64_t bytes, std::uint64_t begin, std::uint64_t end);
  // For an empty ring: places the byte at `offset` at the start of the memory.
  void restart(std::uint64_t offset) { origin_ = offset; }

  // Up to `size` bytes from `offset` on, as far as they are contiguous in memory.
  std::span<std::byte> piece(std::uint64_t offset, std::uint64_t size) const;
  void put(std::uint64_t offset, std::span<const std::byte> bytes);
  void get(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  const std::size_t max_capacity_;
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> bytes_;
  std::uint64_t origin_ = 0;  // the offset of the byte at the start of the memory
};

}  // namespace netlab::reliable
