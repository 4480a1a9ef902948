// RecentMaximum is a windowed max filter: the largest value of the last 10 rounds. One round with
// low values does not change it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace netlab::reliable {

class RecentMaximum {
 public:
  static constexpr std::size_t rounds = 10;

  double get() const { return *std::ranges::max_element(maxima_); }
  void begin_round() { maxima_[++round_ % rounds] = 0; }
  // `value` must not be negative.
  void add(double value) { maxima_[round_ % rounds] = std::max(maxima_[round_ % rounds], value); }
  void clear() { maxima_.fill(0); }

 private:
  std::array<double, rounds> maxima_{};
  std::size_t round_ = 0;
};

}  // namespace netlab::reliable
