#include "impair/proxy/delay_queue.h"

#include <cassert>

#include "base/datagram_limits.h"
#include "socket/datagram_io.h"

namespace netlab {
namespace {

std::size_t memory_of(const DelayedBatch& batch) {
  return DelayQueue::batch_cost + batch.bytes.capacity();
}

// Whether `count` datagrams with ordinals from `first` on can be appended to the batch. Their total
// is `size` bytes, and each has `segment` bytes, except the last, which may be smaller. A duplicate
// cannot be appended, because it has the same ordinal as the datagram before it.
bool continues(const DelayedBatch& batch, const Flow& flow, Direction direction,
               std::uint64_t first, std::size_t segment, std::size_t count, std::size_t size) {
  const bool fits = segment == batch.segment || (count == 1 && segment < batch.segment);
  return batch.flow == &flow && batch.direction == direction && size > 0 && fits &&
         first == batch.first + batch.count() && batch.bytes.size() % batch.segment == 0 &&
         batch.bytes.size() + size <= max_datagram && batch.count() + count <= max_segments;
}

}  // namespace

void DelayQueue::add(Instant at, Flow& flow, Direction direction, std::uint64_t ordinal,
                     std::span<const std::byte> bytes) {
  const bool joins =
      open_ != batches_.end() && open_->first == at &&
      continues(open_->second, flow, direction, ordinal, bytes.size(), 1, bytes.size());
  if (joins) {
    memory_ -= memory_of(open_->second);
  } else {
    open_ = batches_.emplace(at, DelayedBatch{&flow, direction, ordinal, bytes.size(), {}});
    ++flow.batches_in_flight;
  }
  std::vector<std::byte>& all = open_->second.bytes;
  all.insert(all.end(), bytes.begin(), bytes.end());
  memory_ += memory_of(open_->second);
}

DelayedBatch DelayQueue::take_first() {
  assert(!batches_.empty());
  if (open_ == batches_.begin()) open_ = batches_.end();
  DelayedBatch batch = std::move(batches_.extract(batches_.begin()).mapped());
  memory_ -= memory_of(batch);
  --batch.flow->batches_in_flight;
  return batch;
}

DelayedBatch DelayQueue::take(Instant now) {
  DelayedBatch batch = take_first();
  while (next() <= now && continues(batch, *front().flow, front().direction, front().first,
                                    front().segment, front().count(), front().bytes.size())) {
    const DelayedBatch more = take_first();
    batch.bytes.insert(batch.bytes.end(), more.bytes.begin(), more.bytes.end());
  }
  return batch;
}

std::uint64_t DelayQueue::datagrams() const {
  std::uint64_t count = 0;
  for (const auto& [at, batch] : batches_) count += batch.count();
  return count;
}

}  // namespace netlab
