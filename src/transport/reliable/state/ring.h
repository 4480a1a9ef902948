// Ring holds the bytes of a stream from one offset to another, a window that moves on: each byte
// lies where its offset says. It takes as much memory as the window has been long, not as it may
// become.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace netlab::reliable {

class Ring {
 public:
  // `most`: bytes of the longest window.
  explicit Ring(std::size_t most);

  std::size_t capacity() const { return capacity_; }
  // From now on there is room for so many bytes, as far as there may be; those from `begin` to
  // `end` stay. Each is moved a few times at most, for it grows to twice the size at least.
  void grow(std::uint64_t bytes, std::uint64_t begin, std::uint64_t end);
  // Nothing is in it, and the next byte will be this one: it begins at its start again.
  void restart(std::uint64_t offset) { origin_ = offset; }

  // Bytes from there on, as far as they lie in one piece.
  std::span<std::byte> piece(std::uint64_t offset, std::uint64_t size) const;
  void put(std::uint64_t offset, std::span<const std::byte> bytes);
  void get(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  const std::size_t max_;
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> bytes_;
  std::uint64_t origin_ = 0;  // the byte at the ring's start
};

}  // namespace netlab::reliable
