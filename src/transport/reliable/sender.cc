#include "transport/reliable/sender.h"

#include <algorithm>
#include <utility>

#include "base/datagram_limits.h"
#include "base/error.h"
#include "base/split_mix.h"

namespace netlab::reliable {
namespace {

// One packet number in every skip_interval to 2 * skip_interval is skipped at random, to detect a
// peer that acknowledges packets it did not receive (RFC 9000 section 21.4).
constexpr std::uint64_t skip_interval = 256;
// After this many PTOs in a row the path MTU is suspected to have shrunk, and probes become small.
constexpr unsigned int black_hole_pto_count = 3;
// Doublings of the interval between zero-window probes (RFC 9293 section 3.8.6.1).
constexpr unsigned int max_window_probe_doublings = 7;
constexpr std::size_t ping_size = header_size + 8;

// Pseudo-random: unpredictable enough for a peer that guesses packet numbers.
std::uint64_t next_random(std::uint64_t& state) {
  return split_mix(std::exchange(state, state + split_mix_step));
}

}  // namespace

Sender::Sender(const TransportParameters& parameters, const Settings& settings, std::uint64_t seed)
    : random_state_(seed),
      recovery_(arq_of(parameters.strategy), settings.congestion->make(base_packet_size),
                parameters.window, next_random(random_state_) >> 33, base_packet_size),
      mtu_(parameters.max_datagram),
      buffer_(settings.send_buffer),
      max_data_(parameters.max_data),
      skip_at_(recovery_.next_number() + skip_interval +
               next_random(random_state_) % skip_interval) {}

void Sender::on_acknowledgement(Instant now, const Ack& ack) {
  if (ack.cumulative_ack > next_)
    throw ProtocolError("ACK: acknowledges bytes that were never sent");
  if (lost_.empty() && !has_new_data()) recovery_.on_app_limited();
  const bool had_timeouts = recovery_.pto_count() >= black_hole_pto_count;
  const AckResult result = recovery_.on_acknowledgement(now, ack);
  buffer_.acknowledge(ack.cumulative_ack);
  if (ack.max_data > max_data_) {
    max_data_ = ack.max_data;
    window_probes_ = 0;
  }
  if (result.acked_mtu_probe > 0) mtu_.on_probe_acked(result.acked_mtu_probe);
  if (had_timeouts && result.largest_acked_size > 0) detect_black_hole(now, result);
  recovery_.set_packet_size(mtu_.size());
  buffer_.grow(2 * recovery_.congestion().window());  // one window in flight, one ready
  queue_retransmissions(now, result.lost);
}

// After several PTOs, only small packets were acknowledged and larger, earlier ones were lost. So
// the path no longer carries large packets. If the peer had merely paused, they would have arrived.
void Sender::detect_black_hole(Instant now, const AckResult& result) {
  const auto is_large = [](const SentPacket& packet) {
    return packet.size > base_packet_size && !packet.is_mtu_probe;
  };
  if (mtu_.size() == base_packet_size || result.largest_acked_size > base_packet_size ||
      std::ranges::none_of(result.lost, is_large))
    return;
  mtu_.fall_back(now);
}

void Sender::on_timeout(Instant now) {
  if (window_probe_time() <= now) {
    ++window_probes_;
    blocked_since_ = now;
    ping_pending_ = true;
  }
  previous_probe_ = {};
  queue_retransmissions(now, recovery_.on_timeout(now));
}

void Sender::queue_retransmissions(Instant now, std::span<const SentPacket> lost) {
  for (const SentPacket& packet : lost) {
    if (packet.is_mtu_probe) mtu_.on_probe_lost(now, packet.size);
    lost_.add({packet.offset, packet.end()});
  }
  lost_.remove_below(buffer_.begin());
}

std::uint64_t Sender::next_number() {
  if (recovery_.next_number() == skip_at_) {
    recovery_.skip_number();
    skip_at_ += skip_interval + next_random(random_state_) % skip_interval;
  }
  return recovery_.next_number();
}

bool Sender::has_new_data() const {
  return next_ < buffer_.end() && (next_ < max_data_ || (next_ == buffer_.written_to()));
}

// Data is waiting, but flow control forbids sending it and nothing is in flight. Only a new limit
// from the peer unblocks the sender, and the ACK that carries the limit may be lost.
bool Sender::is_blocked() const {
  return next_ < buffer_.end() && !has_new_data() && lost_.empty() &&
         recovery_.sent_packets().packets() == 0;
}

// Returns the oldest bytes in flight, which are the likeliest to be missing. The second probe of a
// PTO carries the bytes after them, or the same bytes again if there are no others.
std::optional<Range> Sender::next_probe_range(std::size_t max_bytes) {
  auto range = oldest_in_flight(previous_probe_, max_bytes);
  if (!range) range = oldest_in_flight({}, max_bytes);
  if (!range) return std::nullopt;
  previous_probe_ = *range;
  retransmitted_bytes_ += range->size();
  return range;
}

std::optional<Range> Sender::oldest_in_flight(const Range& excluded, std::size_t max_bytes) const {
  const SentPackets& flight = recovery_.sent_packets();
  for (std::uint64_t number = flight.first(); number < flight.end(); ++number) {
    const SentPacket& packet = flight[number];
    if (packet.state != SentPacket::State::outstanding || packet.bytes == 0) continue;
    std::uint64_t first = std::max(packet.offset, buffer_.begin());
    if (excluded.first <= first && first < excluded.end) first = excluded.end;
    if (first < packet.end()) return Range{first, std::min(packet.end(), first + max_bytes)};
  }
  return std::nullopt;
}

// Lost bytes go first, in a probe as well. They are certainly missing, and until they arrive the
// receiver may have no use for the packets that fill the window.
std::optional<Range> Sender::next_range(Instant now, std::size_t max_bytes) {
  const bool is_probe = recovery_.probe_pending();
  if (is_probe && recovery_.pto_count() >= black_hole_pto_count)
    max_bytes = base_packet_size - data_header_size;
  if (is_probe && lost_.empty())
    if (const auto range = next_probe_range(max_bytes)) return range;
  if (lost_.empty() && !has_new_data()) return std::nullopt;
  if (!is_probe && !recovery_.may_send(now)) return std::nullopt;
  if (!lost_.empty()) {
    const Range range = lost_.take_first(max_bytes);
    retransmitted_bytes_ += range.size();
    return range;
  }
  const std::uint64_t first = next_;
  const std::uint64_t allowed = std::min(buffer_.written_to(), std::max(max_data_, first));
  next_ = std::min(first + max_bytes, allowed);
  if (next_ == buffer_.written_to())
    next_ = buffer_.end();  // the end of the stream needs no flow-control credit
  return Range{first, next_};
}

Batch Sender::transmit(Instant now, std::uint64_t to, std::span<std::byte> room) {
  const bool has_data = !lost_.empty() || has_new_data();
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
    ping_pending_ = false;
    batch.segment = std::min(batch.segment, batch.bytes);
  } else if (ping_pending_ || recovery_.probe_pending()) {
    return transmit_ping(now, to, ping_size, room);
  }
  blocked_since_ = !is_blocked() ? never : std::min(blocked_since_, now);
  return batch;
}

std::size_t Sender::transmit_data(Instant now, std::uint64_t to, const Range& range,
                                  std::span<std::byte> room) {
  // The end of the stream counts as one byte after the last.
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
    ping_pending_ = false;
  return {size, size};
}

Instant Sender::window_probe_time() const {
  if (blocked_since_ == never) return never;
  return blocked_since_ +
         recovery_.probe_timeout() * (1 << std::min(window_probes_, max_window_probe_doublings));
}

Instant Sender::next_timeout() const {
  const bool has_data = !lost_.empty() || has_new_data();
  const Instant departure = has_data ? recovery_.next_departure() : never;
  return std::min({recovery_.next_timeout(), departure, window_probe_time()});
}

}  // namespace netlab::reliable
