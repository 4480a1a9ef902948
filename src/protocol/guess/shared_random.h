// SharedRandom are drawn by a server that every process and thread of it draws from: no two draws
// are the same one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace netlab {

class SharedRandom {
 public:
  // With a seed the n-th draw is the same in each run; without, getrandom(2) is the source. Throws
  // SystemError.
  explicit SharedRandom(std::optional<std::uint64_t> seed);
  SharedRandom(const SharedRandom&) = delete;
  SharedRandom& operator=(const SharedRandom&) = delete;

  // A number from 0 to `count` - 1, each as likely as the others. Throws SystemError.
  std::uint64_t draw(std::uint64_t count) const;

 private:
  struct Unmap {
    void operator()(std::atomic<std::uint64_t>* counter) const;
  };

  std::uint64_t next() const;

  std::optional<std::uint64_t> seed_;
  // In memory that processes forked since share, too.
  std::unique_ptr<std::atomic<std::uint64_t>, Unmap> draws_;
};

}  // namespace netlab
