// SharedCounters is an array of counters that a process shares with its threads and with the
// processes it forks after construction (MAP_SHARED in mmap(2)).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace netlab {

class SharedCounters {
 public:
  using Counter = std::atomic<std::uint64_t>;
  static_assert(Counter::is_always_lock_free, "a lock would not work across processes");

  // All counters are 0. Memory is used only for those pages that are touched. Throws SystemError.
  explicit SharedCounters(std::size_t count);

  std::size_t size() const { return counters_.get_deleter().count; }
  Counter& operator[](std::size_t index) const { return counters_[index]; }

 private:
  struct Unmap {
    std::size_t count;
    void operator()(Counter* counters) const;
  };

  std::unique_ptr<Counter[], Unmap> counters_;
};

}  // namespace netlab
