// Ranges is a set of numbers kept as runs: which packets have come, which bytes are missing, which
// have to be sent again. Neighbours are merged, so that it stays small as long as little is lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace netlab::reliable {

// From `first` to the one before `end`.
struct Range {
  std::uint64_t first = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - first; }
  bool operator==(const Range&) const = default;
};

class Ranges {
 public:
  // Returns how many numbers of it are new.
  std::uint64_t add(Range range);
  void remove_below(std::uint64_t number);
  // Takes the lowest run, or the first `most` numbers of it, out. It must not be empty.
  Range take_first(std::uint64_t most);
  // Forgets the lowest runs beyond so many.
  void keep_highest(std::size_t runs);
  void clear() { runs_.clear(); }

  bool empty() const { return runs_.empty(); }
  bool contains(std::uint64_t number) const;
  // The lowest first; apart from each other.
  std::span<const Range> runs() const { return runs_; }

 private:
  std::vector<Range> runs_;
};

}  // namespace netlab::reliable
