#include "model/transit.h"

#include "socket/message.h"

namespace netlab {

bool Transit::may_join(Instant at, const Flow& flow, Direction direction, std::size_t size) const {
  if (open_ == parcels_.end() || open_->first != at) return false;
  const Parcel& parcel = open_->second;
  return parcel.flow == &flow && parcel.direction == direction && size > 0 &&
         size <= parcel.segment && parcel.bytes.size() % parcel.segment == 0 &&
         parcel.bytes.size() + size <= max_datagram && parcel.count() < most_segments;
}

void Transit::add(Instant at, Flow& flow, Direction direction, std::uint64_t ordinal,
                  std::span<const std::byte> bytes, bool alone) {
  if (alone || !may_join(at, flow, direction, bytes.size())) {
    open_ = parcels_.emplace(at, Parcel{&flow, direction, ordinal, bytes.size(), {}});
    ++flow.on_its_way;
  }
  std::vector<std::byte>& all = open_->second.bytes;
  all.insert(all.end(), bytes.begin(), bytes.end());
  bytes_ += bytes.size();
  if (alone) open_ = parcels_.end();
}

Parcel Transit::take() {
  if (open_ == parcels_.begin()) open_ = parcels_.end();
  Parcel parcel = std::move(parcels_.extract(parcels_.begin()).mapped());
  bytes_ -= parcel.bytes.size();
  --parcel.flow->on_its_way;
  return parcel;
}

std::uint64_t Transit::datagrams() const {
  std::uint64_t count = 0;
  for (const auto& [at, parcel] : parcels_) count += parcel.count();
  return count;
}

}  // namespace netlab
