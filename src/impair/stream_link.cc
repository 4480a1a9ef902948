#include "impair/stream_link.h"

#include <algorithm>
#include <limits>

namespace netlab {
namespace {

constexpr std::size_t max_piece = 64 * 1024;
// What may be on its way where no rate bounds it: 400 MB/s with a delay of 40 ms.
constexpr std::size_t max_bytes = 16 * 1024 * 1024;
// What a piece costs beside its bytes, which may be one: its time, the vector, and what the
// allocator adds.
constexpr std::size_t piece_cost = 64;
// Between two pieces of a split: the receiver shall have the time to take one by itself.
constexpr Duration split_gap = std::chrono::milliseconds(1);
// With a rate, so much of a second's worth comes out at once, and so much may wait for its turn:
// whoever sends too fast shall feel it.
constexpr std::uint64_t pieces_a_second = 50;
constexpr Duration max_wait = std::chrono::milliseconds(100);

std::size_t bytes_held(const StreamLinkSettings& settings) {
  if (settings.rate == 0) return max_bytes;
  const std::chrono::duration<double> time = settings.delay + max_wait;
  const double worth = static_cast<double>(settings.rate) * time.count();
  return static_cast<std::size_t>(std::clamp<double>(worth, 1, max_bytes));
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
  return std::clamp<std::uint64_t>(settings_.rate / pieces_a_second, 1, max_piece);
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
  std::uint64_t most = std::min<std::uint64_t>(left.size(), allowed());
  if (settings_.split > 0) most = std::min<std::uint64_t>(most, settings_.split);
  return left.first(most);
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
