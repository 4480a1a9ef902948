#include "transport/reliable/wire/ranges.h"

#include <algorithm>
#include <cassert>

namespace netlab::reliable {

std::uint64_t Ranges::add(Range range) {
  if (range.first >= range.end) return 0;
  if (runs_.empty() || range.first > runs_.back().end) {  // the common case: in order
    runs_.push_back(range);
    return range.size();
  }
  // Merge it with all ranges that it overlaps or touches.
  const auto first = std::ranges::lower_bound(runs_, range.first, {}, &Range::end);
  auto last = first;
  std::uint64_t overlap = 0;
  Range merged = range;
  for (; last != runs_.end() && last->first <= range.end; ++last) {
    const std::uint64_t begin = std::max(last->first, range.first);
    const std::uint64_t end = std::min(last->end, range.end);
    overlap += end > begin ? end - begin : 0;
    merged = {std::min(merged.first, last->first), std::max(merged.end, last->end)};
  }
  if (first == last) {
    runs_.insert(first, range);
  } else {
    *first = merged;
    runs_.erase(first + 1, last);
  }
  return range.size() - overlap;
}

void Ranges::remove_below(std::uint64_t number) {
  const auto first_kept = std::ranges::upper_bound(runs_, number, {}, &Range::end);
  runs_.erase(runs_.begin(), first_kept);
  if (!runs_.empty()) runs_.front().first = std::max(runs_.front().first, number);
}

Range Ranges::take_first(std::uint64_t max_size) {
  assert(!runs_.empty());
  Range& lowest = runs_.front();
  const Range taken{lowest.first, lowest.first + std::min(max_size, lowest.size())};
  lowest.first = taken.end;
  if (lowest.size() == 0) runs_.erase(runs_.begin());
  return taken;
}

void Ranges::keep_highest(std::size_t runs) {
  if (runs_.size() > runs)
    runs_.erase(runs_.begin(), runs_.end() - static_cast<std::ptrdiff_t>(runs));
}

bool Ranges::contains(std::uint64_t number) const {
  const auto run = std::ranges::upper_bound(runs_, number, {}, &Range::end);
  return run != runs_.end() && run->first <= number;
}

}  // namespace netlab::reliable
