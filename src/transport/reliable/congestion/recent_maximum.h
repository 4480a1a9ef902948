// RecentMaximum is the largest of the values of the last rounds, so many that a round which brought
// little does not count at once.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace netlab::reliable {

class RecentMaximum {
 public:
  static constexpr std::size_t rounds = 10;

  double get() const { return *std::ranges::max_element(of_rounds_); }
  void begin_round() { of_rounds_[++round_ % rounds] = 0; }
  // `value`: zero or more.
  void add(double value) {
    of_rounds_[round_ % rounds] = std::max(of_rounds_[round_ % rounds], value);
  }
  void clear() { of_rounds_.fill(0); }

 private:
  std::array<double, rounds> of_rounds_{};
  std::size_t round_ = 0;
};

}  // namespace netlab::reliable
