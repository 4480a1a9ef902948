#include "command/shared/ping_statistics.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace netlab {
namespace {

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

Duration PingStatistics::percentile(double share) const {
  if (durations_.empty()) return {};
  std::vector<Duration> sorted = durations_;
  std::ranges::sort(sorted);
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

Event PingStatistics::summary() const {
  const std::size_t sent = durations_.size() + lost_;
  const double loss = sent == 0 ? 0 : 100 * static_cast<double>(lost_) / static_cast<double>(sent);
  const Duration min = percentile(0);
  const Duration median = percentile(0.5);
  const Duration p99 = percentile(0.99);
  const Duration max = percentile(1);
  std::string text =
      fmt::format("{} sent, {} answered, {:.4g}% lost", sent, durations_.size(), loss);
  if (!durations_.empty())
    text +=
        fmt::format("; RTT min/median/p99/max {:.3f}/{:.3f}/{:.3f}/{:.3f} ms", milliseconds(min),
                    milliseconds(median), milliseconds(p99), milliseconds(max));
  return {"summary",
          text,
          {{"sent", std::uint64_t{sent}},
           {"answered", std::uint64_t{durations_.size()}},
           {"lost", std::uint64_t{lost_}},
           {"min_seconds", in_seconds(min)},
           {"median_seconds", in_seconds(median)},
           {"p99_seconds", in_seconds(p99)},
           {"max_seconds", in_seconds(max)}}};
}

}  // namespace netlab
