// Ranges is a set of integers stored as sorted, disjoint ranges. It holds the packet numbers that
// were received, the bytes that arrived out of order and the bytes to be retransmitted. Adjacent
// ranges are merged, so it stays small while few packets are lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace netlab::reliable {

// The half-open interval [first, end).
struct Range {
  std::uint64_t first = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - first; }
  bool operator==(const Range&) const = default;
};

class Ranges {
 public:
  // Returns how many of its numbers were not in the set.
  std::uint64_t add(Range range);
  void remove_below(std::uint64_t number);
  // Removes and returns the lowest range, or its first `max_size` numbers. The set must not be
  // empty.
  Range take_first(std::uint64_t max_size);
  // Keeps only the highest `count` ranges.
  void keep_highest(std::size_t count);
  void clear() { ranges_.clear(); }

  bool empty() const { return ranges_.empty(); }
  bool contains(std::uint64_t number) const;
  // In ascending order, not adjacent.
  std::span<const Range> ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
};

}  // namespace netlab::reliable
