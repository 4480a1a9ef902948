// DelayQueue holds the datagrams that are on their way through a relay, and gives them back when
// their time has come: by time, and those of the same time in the order they came in.
// DatagramSocket of one size that follow each other and leave together become one parcel, for the
// kernel takes them in one go (UDP_SEGMENT).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "impair/proxy/flow.h"

namespace netlab {

struct Batch {
  Flow* flow;
  Direction direction;
  std::uint64_t first;  // the first datagram's ordinal; those behind it count on
  std::size_t segment;  // the size of each but the last, which may be smaller
  std::vector<std::byte> bytes;

  std::size_t count() const { return segment == 0 ? 1 : (bytes.size() + segment - 1) / segment; }
};

class DelayQueue {
 public:
  // What may be on its way in all, in bytes of memory.
  static constexpr std::size_t max_bytes = 256 * 1024 * 1024;
  // A parcel's share of that beside what it holds, for many a datagram is smaller: itself with its
  // time, the map's links, and what the allocator adds to these and to the bytes.
  static constexpr std::size_t batch_cost = sizeof(Batch) + sizeof(Instant) + 64;

  // For so many of this size.
  bool has_room(std::size_t size, std::size_t count = 1) const {
    return memory_ + count * (size + batch_cost) <= max_bytes;
  }
  // The datagram is copied.
  void add(Instant at, Flow& flow, Direction direction, std::uint64_t ordinal,
           std::span<const std::byte> bytes);

  // When the next one is due.
  Instant next() const { return batches_.empty() ? never : batches_.begin()->first; }
  const Batch& front() const { return batches_.begin()->second; }
  // The next one, and in one parcel with it what is due by `now` and continues it.
  Batch take(Instant now);
  // DatagramSocket that are on their way.
  std::uint64_t datagrams() const;

 private:
  using Batches = std::multimap<Instant, Batch>;  // keeps the order of those of the same time

  // The first of them, out of the queue.
  Batch take_first();

  Batches batches_;
  Batches::iterator open_ = batches_.end();  // the last that came in; end: takes no more
  std::size_t memory_ = 0;
};

}  // namespace netlab
