#include "impair/proxy/delay_queue.h"

#include <cassert>

#include "base/datagram_limits.h"
#include "socket/datagram_io.h"

namespace netlab {
namespace {

std::size_t memory_of(const Parcel& parcel) {
  return Transit::parcel_cost + parcel.bytes.capacity();
}

// Whether the next datagrams, so many of size `segment` but for the last, go on in this parcel. A
// copy does not, for it has the ordinal of the one before.
bool continues(const Parcel& parcel, const Flow& flow, Direction direction, std::uint64_t first,
               std::size_t segment, std::size_t count, std::size_t size) {
  const bool fits = segment == parcel.segment || (count == 1 && segment < parcel.segment);
  return parcel.flow == &flow && parcel.direction == direction && size > 0 && fits &&
         first == parcel.first + parcel.count() && parcel.bytes.size() % parcel.segment == 0 &&
         parcel.bytes.size() + size <= max_datagram && parcel.count() + count <= max_segments;
}

}  // namespace

void Transit::add(Instant at, Flow& flow, Direction direction, std::uint64_t ordinal,
                  std::span<const std::byte> bytes) {
  const bool joins =
      open_ != parcels_.end() && open_->first == at &&
      continues(open_->second, flow, direction, ordinal, bytes.size(), 1, bytes.size());
  if (joins) {
    memory_ -= memory_of(open_->second);
  } else {
    open_ = parcels_.emplace(at, Parcel{&flow, direction, ordinal, bytes.size(), {}});
    ++flow.on_its_way;
  }
  std::vector<std::byte>& all = open_->second.bytes;
  all.insert(all.end(), bytes.begin(), bytes.end());
  memory_ += memory_of(open_->second);
}

Parcel Transit::take_first() {
  assert(!parcels_.empty());
  if (open_ == parcels_.begin()) open_ = parcels_.end();
  Parcel parcel = std::move(parcels_.extract(parcels_.begin()).mapped());
  memory_ -= memory_of(parcel);
  --parcel.flow->on_its_way;
  return parcel;
}

Parcel Transit::take(Instant now) {
  Parcel parcel = take_first();
  while (next() <= now && continues(parcel, *front().flow, front().direction, front().first,
                                    front().segment, front().count(), front().bytes.size())) {
    const Parcel more = take_first();
    parcel.bytes.insert(parcel.bytes.end(), more.bytes.begin(), more.bytes.end());
  }
  return parcel;
}

std::uint64_t Transit::datagrams() const {
  std::uint64_t count = 0;
  for (const auto& [at, parcel] : parcels_) count += parcel.count();
  return count;
}

}  // namespace netlab
