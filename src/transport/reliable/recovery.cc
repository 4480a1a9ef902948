#include "transport/reliable/recovery.h"

#include <algorithm>

#include "base/error.h"

namespace netlab::reliable {
namespace {

using State = SentPacket::State;

// The PTO doubles each time it expires, up to this many times.
constexpr unsigned int max_pto_doublings = 6;
// The pacer's burst is ten packets, or four milliseconds at the pacing rate if that is more. Timers
// have millisecond granularity and fire late, so a smaller burst would limit the rate.
constexpr std::uint64_t burst_packets = 10;
constexpr double burst_seconds = 0.004;

}  // namespace

Recovery::Recovery(const Arq& arq, std::unique_ptr<Congestion> congestion, std::uint32_t window,
                   std::uint64_t first_number, std::size_t packet_size)
    : arq_(arq),
      window_(arq.window(window)),
      congestion_(std::move(congestion)),
      sent_packets_(first_number),
      packet_size_(packet_size) {}

void Recovery::on_rtt_sample(Instant now, Duration rtt) {
  rtt_.sample(rtt, {});
  first_rtt_sample_ = std::min(first_rtt_sample_, now);
}

void Recovery::set_packet_size(std::size_t bytes) {
  if (bytes == packet_size_) return;
  packet_size_ = bytes;
  congestion_->set_max_datagram_size(bytes);
}

void Recovery::on_sent(SentPacket packet) {
  rate_.on_sent(packet, sent_packets_.packets() == 0);
  sent_packets_.add(packet);
  pacer_.sent(packet.size);
  last_sent_ = packet.sent;
  if (probes_pending_ > 0 && !packet.is_mtu_probe) --probes_pending_;
}

void Recovery::skip_number() {
  sent_packets_.add({.state = State::skipped});
}

AckResult Recovery::on_acknowledgement(Instant now, const Ack& ack) {
  if (ack.largest >= sent_packets_.end())
    throw ProtocolError("ACK: acknowledges a packet that was never sent");
  if (!largest_acked_ || ack.largest > *largest_acked_) {
    largest_acked_ = ack.largest;
    sample_rtt(now, ack);
  }
  const std::uint64_t in_flight = sent_packets_.bytes();
  AckResult result = remove_acked(now, ack);
  const std::uint64_t acked_bytes = in_flight - sent_packets_.bytes();
  result.lost = detect_lost_packets(now);
  newest_acked_sent_ = std::max(newest_acked_sent_, result.newest_acked_sent);
  if (acked_bytes > 0) notify_congestion_control(now, in_flight, acked_bytes);
  pacer_.set(now, congestion_->pacing_rate(rtt_),
             std::max(burst_packets * base_packet_size,
                      static_cast<std::uint64_t>(congestion_->pacing_rate(rtt_) * burst_seconds)));
  return result;
}

void Recovery::sample_rtt(Instant now, const Ack& ack) {
  if (ack.largest < sent_packets_.first()) return;
  const SentPacket& packet = sent_packets_[ack.largest];
  if (packet.state != State::outstanding) return;
  rtt_.sample(now - packet.sent, std::min<Duration>(ack.delay, max_ack_delay));
  first_rtt_sample_ = std::min(first_rtt_sample_, now);
}

AckResult Recovery::remove_acked(Instant now, const Ack& ack) {
  AckResult result;
  for (std::uint64_t number = sent_packets_.first(); number < sent_packets_.end(); ++number) {
    const SentPacket& packet = sent_packets_[number];
    if (packet.state == State::acked || packet.state == State::lost) continue;
    const bool is_acked = arq_.is_acked(number, packet, ack);
    if (packet.state == State::skipped) {
      if (number == ack.largest || (is_acked && ack.count > 0))
        throw ProtocolError("ACK: acknowledges a packet that was never sent");
      continue;
    }
    // A packet above ack.largest can only be a probe that repeats bytes which are acknowledged
    // cumulatively.
    if (!is_acked && number > ack.largest) break;
    if (is_acked) on_packet_acked(now, number, result);
  }
  return result;
}

void Recovery::on_packet_acked(Instant now, std::uint64_t number, AckResult& result) {
  const SentPacket& packet = sent_packets_[number];
  sent_packets_.on_acked(number);
  pto_count_ = probes_pending_ = 0;
  result.newest_acked_sent = std::max(result.newest_acked_sent, packet.sent);
  std::size_t& largest = packet.is_mtu_probe ? result.acked_mtu_probe : result.largest_acked_size;
  largest = std::max<std::size_t>(largest, packet.size);
  if (!packet.is_mtu_probe) rate_.on_delivered(now, packet);  // a probe is not in flight either
}

// Section 6.1: a packet is lost if one sent at least packet_threshold later was acknowledged, or if
// a later one was and the packet is older than the loss delay. Anything less may be reordering.
std::vector<SentPacket> Recovery::detect_lost_packets(Instant now) {
  std::vector<SentPacket> lost;
  loss_time_ = never;
  const Duration loss_delay = rtt_.loss_delay();
  for (std::uint64_t number = sent_packets_.first();
       number < sent_packets_.end() && number < *largest_acked_; ++number) {
    const SentPacket& packet = sent_packets_[number];
    if (packet.state != State::outstanding) continue;
    if (number + packet_threshold <= *largest_acked_ || packet.sent + loss_delay <= now)
      mark_lost(number, lost);
    else
      loss_time_ = std::min(loss_time_, packet.sent + loss_delay);
  }
  if (!lost.empty()) on_packets_lost(now, lost);
  sent_packets_.discard_old();
  return lost;
}

void Recovery::mark_lost(std::uint64_t number, std::vector<SentPacket>& lost) {
  const bool go_back =
      arq_.retransmits_window() && sent_packets_[number].bytes > 0;  // a PING carries no data
  const std::uint64_t end = go_back ? sent_packets_.end() : number + 1;
  for (; number < end; ++number) {
    if (sent_packets_[number].state != State::outstanding) continue;
    lost.push_back(sent_packets_[number]);
    sent_packets_.on_lost(number);
  }
}

void Recovery::on_packets_lost(Instant now, std::span<const SentPacket> lost) {
  Instant oldest = never;
  Instant newest{};
  std::uint64_t bytes = 0;
  for (const SentPacket& packet : lost) {
    if (packet.bytes == 0)
      continue;  // a PING: it carries no data, and an MTU probe may just be too large
    oldest = std::min(oldest, packet.sent);
    newest = std::max(newest, packet.sent);
    bytes += packet.size;
  }
  if (bytes == 0) return;
  congestion_->on_lost(now, newest, bytes);
  if (is_persistent_congestion(oldest, newest)) congestion_->on_persistent_congestion();
}

// Section 7.6: the lost packets span more than three PTOs, and no packet sent between them was
// acknowledged.
bool Recovery::is_persistent_congestion(Instant oldest, Instant newest) const {
  if (oldest <= first_rtt_sample_ || newest - oldest <= 3 * probe_timeout() ||
      newest_acked_sent_ >= oldest)
    return false;
  for (std::uint64_t number = sent_packets_.first(); number < sent_packets_.end(); ++number) {
    const SentPacket& packet = sent_packets_[number];
    if (packet.state == State::acked && oldest < packet.sent && packet.sent < newest) return false;
  }
  return true;
}

void Recovery::notify_congestion_control(Instant now, std::uint64_t in_flight,
                                         std::uint64_t bytes) {
  const bool round_is_over = rate_.delivered_before() >= round_end_;
  if (round_is_over) round_end_ = rate_.delivered();
  const bool limited = rate_.was_app_limited();
  congestion_->on_acknowledged(
      {.now = now,
       .sent = newest_acked_sent_,
       .bytes = bytes,
       .in_flight = in_flight,
       .window_was_full = window_was_full_ || 2 * in_flight >= congestion_->window(),
       .rate = rate_.take(),
       .app_limited = limited,
       .round_is_over = round_is_over},
      rtt_);
  window_was_full_ = false;
}

void Recovery::on_app_limited() {
  if (has_congestion_window()) rate_.on_app_limited(sent_packets_.bytes());
}

std::vector<SentPacket> Recovery::on_timeout(Instant now) {
  if (loss_time_ <= now) return detect_lost_packets(now);
  if (pto_time() <= now) {
    ++pto_count_;
    probes_pending_ = pto_count_ == 1 ? 1 : 2;  // section 6.2.4
  }
  return {};
}

bool Recovery::has_congestion_window() const {
  return sent_packets_.bytes() + packet_size_ <= congestion_->window();
}

bool Recovery::has_window() const {
  return sent_packets_.packets() == 0 ||
         (sent_packets_.packets() < window_ && has_congestion_window());
}

bool Recovery::may_send(Instant now) {
  if (has_window()) return pacer_.may_send(now);
  window_was_full_ = window_was_full_ || !has_congestion_window();
  return false;
}

Instant Recovery::pto_time() const {
  if (sent_packets_.packets() == 0) return never;
  return last_sent_ + probe_timeout() * (1 << std::min(pto_count_, max_pto_doublings));
}

Instant Recovery::next_timeout() const {
  if (probes_pending_ > 0) return never;  // the probe is sent at once
  return loss_time_ != never ? loss_time_ : pto_time();
}

Instant Recovery::next_departure() const {
  return has_window() ? pacer_.next() : never;
}

}  // namespace netlab::reliable
