// SharedRandom is a source of random numbers for all threads and forked processes of a server. They
// share one counter of draws, so that with a seed no two of them get the same draw.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace netlab {

class SharedRandom {
 public:
  // With a seed, the n-th draw is the same in each run. Without one, the source is getrandom(2).
  // Throws SystemError.
  explicit SharedRandom(std::optional<std::uint64_t> seed);
  SharedRandom(const SharedRandom&) = delete;
  SharedRandom& operator=(const SharedRandom&) = delete;

  // Returns a number from 0 to `count` - 1, uniformly distributed. `count` is at least 1. Throws
  // SystemError.
  std::uint64_t draw(std::uint64_t count) const;

 private:
  struct Unmap {
    void operator()(std::atomic<std::uint64_t>* counter) const;
  };

  std::uint64_t next() const;

  std::optional<std::uint64_t> seed_;
  // In memory shared with the processes forked after construction.
  std::unique_ptr<std::atomic<std::uint64_t>, Unmap> draws_;
};

}  // namespace netlab
