#include "transport/reliable/wire/ranges.h"

#include <algorithm>
#include <cassert>

namespace netlab::reliable {

std::uint64_t Ranges::add(Range range) {
  if (range.first >= range.end) return 0;
  if (ranges_.empty() || range.first > ranges_.back().end) {  // the common case: in order
    ranges_.push_back(range);
    return range.size();
  }
  // Merge it with all ranges that it overlaps or touches.
  const auto first = std::ranges::lower_bound(ranges_, range.first, {}, &Range::end);
  auto last = first;
  std::uint64_t overlap = 0;
  Range merged = range;
  for (; last != ranges_.end() && last->first <= range.end; ++last) {
    const std::uint64_t begin = std::max(last->first, range.first);
    const std::uint64_t end = std::min(last->end, range.end);
    overlap += end > begin ? end - begin : 0;
    merged = {std::min(merged.first, last->first), std::max(merged.end, last->end)};
  }
  if (first == last) {
    ranges_.insert(first, range);
  } else {
    *first = merged;
    ranges_.erase(first + 1, last);
  }
  return range.size() - overlap;
}

void Ranges::remove_below(std::uint64_t number) {
  const auto first_kept = std::ranges::upper_bound(ranges_, number, {}, &Range::end);
  ranges_.erase(ranges_.begin(), first_kept);
  if (!ranges_.empty()) ranges_.front().first = std::max(ranges_.front().first, number);
}

Range Ranges::take_first(std::uint64_t max_size) {
  assert(!ranges_.empty());
  Range& lowest = ranges_.front();
  const Range taken{lowest.first, lowest.first + std::min(max_size, lowest.size())};
  lowest.first = taken.end;
  if (lowest.size() == 0) ranges_.erase(ranges_.begin());
  return taken;
}

void Ranges::keep_highest(std::size_t count) {
  if (ranges_.size() > count)
    ranges_.erase(ranges_.begin(), ranges_.end() - static_cast<std::ptrdiff_t>(count));
}

bool Ranges::contains(std::uint64_t number) const {
  const auto range = std::ranges::upper_bound(ranges_, number, {}, &Range::end);
  return range != ranges_.end() && range->first <= number;
}

}  // namespace netlab::reliable
