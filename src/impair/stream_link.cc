#include "impair/stream_link.h"

#include <algorithm>
#include <limits>

namespace netlab {
namespace {

constexpr std::size_t max_piece = 64 * 1024;
// The maximum memory for data in flight, bytes: enough for 400 MB/s with a delay of 40 ms.
constexpr std::size_t max_bytes = 16 * 1024 * 1024;
// Memory per piece in addition to its bytes: its time, the vector, and the allocator's overhead. It
// counts because a piece may be one byte.
constexpr std::size_t piece_cost = 64;
// Between two pieces of a split: time for the receiver to read each piece separately.
constexpr Duration split_gap = std::chrono::milliseconds(1);
// With a rate, each read takes at most 1/50 s worth of bytes, and at most 100 ms worth is queued: a
// sender that is too fast must block soon.
constexpr std::uint64_t pieces_per_second = 50;
constexpr Duration max_queueing = std::chrono::milliseconds(100);

std::size_t bytes_held(const StreamLinkSettings& settings) {
  if (settings.rate == 0) return max_bytes;
  const std::chrono::duration<double> time = settings.delay + max_queueing;
  const double bytes = static_cast<double>(settings.rate) * time.count();
  return static_cast<std::size_t>(std::clamp<double>(bytes, 1, max_bytes));
}

}  // namespace

StreamLink::StreamLink(const StreamLinkSettings& settings)
    : settings_(settings),
      bottleneck_(settings.rate, std::numeric_limits<std::size_t>::max()),
      max_held_(bytes_held(settings)) {}

std::size_t StreamLink::memory() const {
  return held_ + pieces_.size() * piece_cost;
}

std::size_t StreamLink::room() const {
  if (finish_at_ || held_ >= max_held_ || memory() >= max_bytes || allowed() == 0) return 0;
  if (settings_.rate == 0) return max_piece;
  return std::clamp<std::uint64_t>(settings_.rate / pieces_per_second, 1, max_piece);
}

void StreamLink::push(Instant now, std::span<const std::byte> bytes) {
  const Instant sent = bottleneck_.pass(now, bytes.size()).value();
  pieces_.push_back({add_saturating(sent, settings_.delay), {bytes.begin(), bytes.end()}});
  held_ += bytes.size();
}

void StreamLink::finish(Instant now) {
  finish_at_ = add_saturating(std::max(now, bottleneck_.pass(now, 0).value()), settings_.delay);
}

std::uint64_t StreamLink::allowed() const {
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  for (const auto& after : {settings_.cut_after, settings_.reset_after, settings_.stall_after})
    if (after) limit = std::min(limit, *after);
  return limit - sent_;
}

Instant StreamLink::next() const {
  if (allowed() == 0) return end(Instant()) == End::none ? never : Instant();
  if (!pieces_.empty()) return std::max(pieces_.front().at, not_before_);
  return finish_at_.value_or(never);
}

std::span<const std::byte> StreamLink::due(Instant now) const {
  if (pieces_.empty() || next() > now) return {};
  const auto left = std::span(pieces_.front().bytes).subspan(offset_);
  std::uint64_t count = std::min<std::uint64_t>(left.size(), allowed());
  if (settings_.split > 0) count = std::min<std::uint64_t>(count, settings_.split);
  return left.first(count);
}

void StreamLink::sent(Instant now, std::size_t count) {
  sent_ += count;
  held_ -= count;
  offset_ += count;
  if (settings_.split > 0) not_before_ = now + split_gap;
  if (offset_ < pieces_.front().bytes.size()) return;
  pieces_.pop_front();
  offset_ = 0;
}

StreamLink::End StreamLink::end(Instant now) const {
  if (settings_.reset_after == sent_) return End::reset;
  if (settings_.cut_after == sent_) return End::cut;
  if (settings_.stall_after == sent_) return End::none;
  const bool is_over = pieces_.empty() && finish_at_ && *finish_at_ <= now;
  return is_over ? End::finished : End::none;
}

}  // namespace netlab
