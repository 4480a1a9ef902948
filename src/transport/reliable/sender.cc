#include "transport/reliable/sender.h"

#include <algorithm>
#include <utility>

#include "base/datagram_limits.h"
#include "base/error.h"
#include "base/split_mix.h"

namespace netlab::reliable {
namespace {

// A packet number is left out once in so many, and up to twice as many.
constexpr std::uint64_t skip_distance = 256;
// Time-outs in a row after which large packets may be what does not come through: probes are small.
constexpr unsigned int black_hole = 3;
constexpr unsigned int max_data_probe_doublings =
    7;  // of the pause between probes of a closed window
constexpr std::size_t ping_size = header_size + 8;

// Enough to surprise a peer that guesses numbers.
std::uint64_t next_chance(std::uint64_t& state) {
  return split_mix(std::exchange(state, state + split_mix_step));
}

}  // namespace

Sender::Sender(const TransportParameters& parameters, const Settings& settings, std::uint64_t seed)
    : chance_(seed),
      recovery_(arq_of(parameters.strategy), settings.congestion->make(base_packet_size),
                parameters.window, next_chance(chance_) >> 33, base_packet_size),
      mtu_(parameters.largest),
      buffer_(settings.send_buffer),
      max_data_(parameters.max_data),
      skip_at_(recovery_.next_number() + skip_distance + next_chance(chance_) % skip_distance) {}

void Sender::on_acknowledgement(Instant now, const Ack& ack) {
  if (ack.cumulative_ack > next_) throw ProtocolError("what was never sent is acknowledged");
  if (lost_.empty() && !has_new()) recovery_.on_app_limited();
  const bool was_deaf = recovery_.pto_count() >= black_hole;
  recovery_.on_acknowledgement(now, ack);
  buffer_.acknowledge(ack.cumulative_ack);
  if (ack.max_data > max_data_) {
    max_data_ = ack.max_data;
    max_data_probes_ = 0;
  }
  if (recovery_.acked_mtu_probe() > 0) mtu_.on_probe_acked(recovery_.acked_mtu_probe());
  if (was_deaf && recovery_.largest_acked_size() > 0) detect_black_hole(now);
  recovery_.set_packet_size(mtu_.size());
  buffer_.grow(2 * recovery_.congestion().window());  // one on its way, one to follow it
  queue_retransmissions(now);
}

// After the silence small packets have come, and larger ones from before are lost: the path does
// not carry these any more. Had the peer only paused, they would be there.
void Sender::detect_black_hole(Instant now) {
  const auto is_large = [](const SentPacket& packet) {
    return packet.size > base_packet_size && !packet.is_mtu_probe;
  };
  if (mtu_.size() == base_packet_size || recovery_.largest_acked_size() > base_packet_size ||
      std::ranges::none_of(recovery_.lost(), is_large))
    return;
  mtu_.fall_back(now);
}

void Sender::on_timeout(Instant now) {
  if (max_data_probe_time() <= now) {
    ++max_data_probes_;
    blocked_since_ = now;
    wants_ping_ = true;
  }
  probed_ = {};
  recovery_.on_timeout(now);
  queue_retransmissions(now);
}

void Sender::queue_retransmissions(Instant now) {
  for (const SentPacket& packet : recovery_.lost()) {
    if (packet.is_mtu_probe) mtu_.on_probe_lost(now, packet.size);
    lost_.add({packet.offset, packet.end()});
  }
  lost_.remove_below(buffer_.begin());
}

std::uint64_t Sender::next_number() {
  if (recovery_.next_number() == skip_at_) {
    recovery_.skip_number();
    skip_at_ += skip_distance + next_chance(chance_) % skip_distance;
  }
  return recovery_.next_number();
}

bool Sender::has_new() const {
  return next_ < buffer_.end() && (next_ < max_data_ || (next_ == buffer_.written_to()));
}

// Only the peer's word that it has room, which may be lost, gets things going again.
bool Sender::is_blocked() const {
  return next_ < buffer_.end() && !has_new() && lost_.empty() &&
         recovery_.sent_packets().packets() == 0;
}

// What is most likely missing; the second probe of a time-out carries what comes next, or the same
// when there is nothing more.
std::optional<Range> Sender::probed_range(std::size_t most) {
  auto range = oldest_in_flight(probed_, most);
  if (!range) range = oldest_in_flight({}, most);
  if (!range) return std::nullopt;
  probed_ = *range;
  retransmitted_bytes_ += range->size();
  return range;
}

std::optional<Range> Sender::oldest_in_flight(const Range& besides, std::size_t most) const {
  const SentPackets& flight = recovery_.sent_packets();
  for (std::uint64_t number = flight.first(); number < flight.end(); ++number) {
    const SentPacket& packet = flight[number];
    if (packet.state != SentPacket::State::outstanding || packet.bytes == 0) continue;
    std::uint64_t first = std::max(packet.offset, buffer_.begin());
    if (besides.first <= first && first < besides.end) first = besides.end;
    if (first < packet.end()) return Range{first, std::min(packet.end(), first + most)};
  }
  return std::nullopt;
}

// What is lost goes first, in a probe as well: it is surely missing, and the window may be full of
// what is of no use before it.
std::optional<Range> Sender::next_range(Instant now, std::size_t most) {
  const bool is_probe = recovery_.probe_pending();
  if (is_probe && recovery_.pto_count() >= black_hole) most = base_packet_size - data_header_size;
  if (is_probe && lost_.empty())
    if (const auto range = probed_range(most)) return range;
  if (lost_.empty() && !has_new()) return std::nullopt;
  if (!is_probe && !recovery_.may_send(now)) return std::nullopt;
  if (!lost_.empty()) {
    const Range range = lost_.take_first(most);
    retransmitted_bytes_ += range.size();
    return range;
  }
  const std::uint64_t first = next_;
  const std::uint64_t allowed = std::min(buffer_.written_to(), std::max(max_data_, first));
  next_ = std::min(first + most, allowed);
  if (next_ == buffer_.written_to()) next_ = buffer_.end();  // which needs no room
  return Range{first, next_};
}

Batch Sender::transmit(Instant now, std::uint64_t to, std::span<std::byte> room) {
  const bool has_data = !lost_.empty() || has_new();
  if (has_data && recovery_.rtt().is_measured())
    if (const auto size = mtu_.probe(now)) return transmit_ping(now, to, *size, room);
  Batch batch{.bytes = 0, .segment = mtu_.size()};
  for (std::size_t count = 0; count < max_segments; ++count) {
    const auto packet = room.subspan(batch.bytes);
    if (packet.size() < batch.segment) break;
    const auto range = next_range(now, batch.segment - data_header_size);
    if (!range) break;
    const std::size_t size = transmit_data(now, to, *range, packet);
    batch.bytes += size;
    if (size < batch.segment) break;
  }
  if (batch.bytes > 0) {
    wants_ping_ = false;
    batch.segment = std::min(batch.segment, batch.bytes);
  } else if (wants_ping_ || recovery_.probe_pending()) {
    return transmit_ping(now, to, ping_size, room);
  }
  blocked_since_ = !is_blocked() ? never : std::min(blocked_since_, now);
  return batch;
}

std::size_t Sender::transmit_data(Instant now, std::uint64_t to, const Range& range,
                                  std::span<std::byte> room) {
  // The end of the stream is the byte behind the last.
  const bool last = range.end > buffer_.written_to();
  const std::size_t payload = range.size() - (last ? 1 : 0);
  const auto packet = room.first(data_header_size + payload);
  buffer_.copy(range.first, packet.subspan(data_header_size));
  const std::uint64_t number = next_number();
  emit_around(to,
              {.number = number,
               .offset = range.first,
               .payload = packet.subspan(data_header_size),
               .last = last},
              packet);
  recovery_.on_sent({.sent = now,
                     .offset = range.first,
                     .bytes = static_cast<std::uint32_t>(range.size()),
                     .size = static_cast<std::uint32_t>(packet.size())});
  return packet.size();
}

Batch Sender::transmit_ping(Instant now, std::uint64_t to, std::size_t size,
                            std::span<std::byte> room) {
  const bool is_mtu_probe = size > ping_size;
  emit(to, Ping{next_number()}, room.first(size));
  recovery_.on_sent(
      {.sent = now, .size = static_cast<std::uint32_t>(size), .is_mtu_probe = is_mtu_probe});
  if (is_mtu_probe)
    mtu_.on_probe_sent(size);
  else
    wants_ping_ = false;
  return {size, size};
}

Instant Sender::max_data_probe_time() const {
  if (blocked_since_ == never) return never;
  return blocked_since_ +
         recovery_.probe_timeout() * (1 << std::min(max_data_probes_, max_data_probe_doublings));
}

Instant Sender::next_timeout() const {
  const bool has_data = !lost_.empty() || has_new();
  const Instant departure = has_data ? recovery_.next_departure() : never;
  return std::min({recovery_.next_timeout(), departure, max_data_probe_time()});
}

}  // namespace netlab::reliable
