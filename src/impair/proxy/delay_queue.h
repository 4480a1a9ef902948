// DelayQueue holds the datagrams in flight through a proxy until they are due. It returns them in
// the order of their due times; datagrams with the same due time keep the order in which they were
// added. Consecutive datagrams of one flow, direction, size and due time form one DelayedBatch,
// which the kernel sends in one system call (UDP_SEGMENT). Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "impair/proxy/flow.h"

namespace netlab {

struct DelayedBatch {
  Flow* flow;
  Direction direction;
  std::uint64_t first;  // ordinal of the first datagram; the ordinals are consecutive
  std::size_t segment;  // size of each datagram, bytes; the last may be smaller
  std::vector<std::byte> bytes;

  std::size_t count() const { return segment == 0 ? 1 : (bytes.size() + segment - 1) / segment; }
};

class DelayQueue {
 public:
  // The maximum memory for all datagrams in flight, bytes.
  static constexpr std::size_t max_bytes = 256 * 1024 * 1024;
  // Memory per batch in addition to its datagrams, bytes: the batch, its due time, the map's links,
  // and the allocator's overhead. It counts because a datagram may be smaller than that.
  static constexpr std::size_t batch_cost = sizeof(DelayedBatch) + sizeof(Instant) + 64;

  // Whether there is room for `count` datagrams of `size` bytes.
  bool has_room(std::size_t size, std::size_t count = 1) const {
    return memory_ + count * (size + batch_cost) <= max_bytes;
  }
  // Copies the datagram. `flow` must stay alive until the datagram was taken.
  void add(Instant at, Flow& flow, Direction direction, std::uint64_t ordinal,
           std::span<const std::byte> bytes);

  // Returns when the next batch is due; `never` if the queue is empty.
  Instant next() const { return batches_.empty() ? never : batches_.begin()->first; }
  const DelayedBatch& front() const { return batches_.begin()->second; }
  // Removes the next batch, and joins the batches to it that continue it and are due by `now`.
  DelayedBatch take(Instant now);
  // Number of datagrams in the queue.
  std::uint64_t datagrams() const;

 private:
  using Batches = std::multimap<Instant, DelayedBatch>;  // keeps the order of equal keys

  // Removes the first batch. The queue must not be empty.
  DelayedBatch take_first();

  Batches batches_;
  Batches::iterator open_ = batches_.end();  // the last one added to; end: none can be extended
  std::size_t memory_ = 0;
};

}  // namespace netlab
