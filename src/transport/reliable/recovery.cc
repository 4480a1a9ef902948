#include "transport/reliable/recovery.h"

#include <algorithm>

#include "base/error.h"

namespace netlab::reliable {
namespace {

using State = SentPacket::State;

// Timers double with each probe in vain, so often at most.
constexpr unsigned int max_doublings = 6;
// What may be sent at once: ten packets, or what goes in four milliseconds, for timers tell but
// milliseconds apart and come late: less would be a limit of its own.
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
  first_sample_ = std::min(first_sample_, now);
}

void Recovery::set_packet_size(std::size_t bytes) {
  if (bytes == packet_size_) return;
  packet_size_ = bytes;
  congestion_->set_datagram(bytes);
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

void Recovery::on_acknowledgement(Instant now, const Ack& ack) {
  if (ack.largest >= sent_packets_.end())
    throw ProtocolError("what was never sent is acknowledged");
  begin_ack();
  if (!largest_ || ack.largest > *largest_) {
    largest_ = ack.largest;
    sample_rtt(now, ack);
  }
  const std::uint64_t in_flight = sent_packets_.bytes();
  remove_acked(now, ack);
  if (!acked_sent_times_.empty()) pto_count_ = probes_pending_ = 0;
  detect_lost(now);
  if (acked_bytes_ > 0) notify_congestion_control(now, in_flight, acked_bytes_);
  pacer_.set(now, congestion_->pacing_rate(rtt_),
             std::max(burst_packets * base_packet_size,
                      static_cast<std::uint64_t>(congestion_->pacing_rate(rtt_) * burst_seconds)));
}

void Recovery::sample_rtt(Instant now, const Ack& ack) {
  if (ack.largest < sent_packets_.first()) return;
  const SentPacket& packet = sent_packets_[ack.largest];
  if (packet.state != State::outstanding) return;
  rtt_.sample(now - packet.sent, std::min<Duration>(ack.delay, max_ack_delay));
  first_sample_ = std::min(first_sample_, now);
}

void Recovery::begin_ack() {
  lost_.clear();
  acked_sent_times_.clear();
  newest_acked_before_ = newest_acked_sent_;
  acked_bytes_ = 0;
  acked_mtu_probe_ = 0;
  largest_acked_size_ = 0;
}

void Recovery::remove_acked(Instant now, const Ack& ack) {
  for (std::uint64_t number = sent_packets_.first(); number < sent_packets_.end(); ++number) {
    const SentPacket& packet = sent_packets_[number];
    if (packet.state == State::removed) continue;
    const bool has_come = arq_.is_acked(number, packet, ack);
    if (packet.state == State::skipped) {
      if (number == ack.largest || (has_come && ack.count > 0))
        throw ProtocolError("what was never sent is acknowledged");
      continue;
    }
    // Of what is behind it nothing is known, but that a probe carried the same.
    if (!has_come && number > ack.largest) break;
    if (has_come) remove(now, number);
  }
}

void Recovery::remove(Instant now, std::uint64_t number) {
  const SentPacket packet = sent_packets_[number];
  acked_sent_times_.push_back(packet.sent);
  newest_acked_sent_ = std::max(newest_acked_sent_, packet.sent);
  sent_packets_.remove(number);
  std::size_t& largest = packet.is_mtu_probe ? acked_mtu_probe_ : largest_acked_size_;
  largest = std::max<std::size_t>(largest, packet.size);
  if (packet.is_mtu_probe) return;  // it was not in the window either
  acked_bytes_ += packet.size;
  rate_.on_delivered(now, packet);
}

// Section 6.1: overtaken by three packets, or by one for longer than the network may have mixed
// them up.
void Recovery::detect_lost(Instant now) {
  loss_time_ = never;
  if (!largest_) return;
  const Duration patience = rtt_.loss_delay();
  for (std::uint64_t number = sent_packets_.first();
       number < sent_packets_.end() && number < *largest_; ++number) {
    const SentPacket& packet = sent_packets_[number];
    if (packet.state != State::outstanding) continue;
    if (number + packet_threshold <= *largest_ || packet.sent + patience <= now)
      lose(number);
    else
      loss_time_ = std::min(loss_time_, packet.sent + patience);
  }
  if (!lost_.empty()) on_packets_lost(now);
}

void Recovery::lose(std::uint64_t number) {
  const bool goes_back =
      arq_.retransmits_window() && sent_packets_[number].bytes > 0;  // not for a PING
  const std::uint64_t end = goes_back ? sent_packets_.end() : number + 1;
  for (; number < end; ++number) {
    if (sent_packets_[number].state != State::outstanding) continue;
    lost_.push_back(sent_packets_[number]);
    sent_packets_.remove(number);
  }
}

void Recovery::on_packets_lost(Instant now) {
  Instant oldest = never;
  Instant newest{};
  std::uint64_t bytes = 0;
  for (const SentPacket& packet : lost_) {
    if (packet.bytes == 0) continue;  // a PING: nobody misses it, and one may have been too large
    oldest = std::min(oldest, packet.sent);
    newest = std::max(newest, packet.sent);
    bytes += packet.size;
  }
  if (bytes == 0) return;
  congestion_->on_lost(now, newest, bytes);
  if (is_persistent(oldest, newest)) congestion_->on_persistent_congestion();
}

// Section 7.6: all that was sent in three time-outs is lost, and nothing between has come.
bool Recovery::is_persistent(Instant oldest, Instant newest) const {
  return oldest > first_sample_ && newest - oldest > 3 * probe_timeout() &&
         newest_acked_before_ < oldest &&
         std::ranges::none_of(acked_sent_times_,
                              [&](Instant sent) { return oldest < sent && sent < newest; });
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
       .window_was_full = was_full_ || 2 * in_flight >= congestion_->window(),
       .rate = rate_.take(),
       .app_limited = limited,
       .round_is_over = round_is_over},
      rtt_);
  was_full_ = false;
}

void Recovery::on_app_limited() {
  if (is_within_window()) rate_.on_app_limited(sent_packets_.bytes());
}

void Recovery::on_timeout(Instant now) {
  begin_ack();
  if (loss_time_ <= now) {
    detect_lost(now);
  } else if (probe_time() <= now) {
    ++pto_count_;
    probes_pending_ = pto_count_ == 1 ? 1 : 2;  // section 6.2.4
  }
}

bool Recovery::is_within_window() const {
  return sent_packets_.bytes() + packet_size_ <= congestion_->window();
}

bool Recovery::has_window() const {
  return sent_packets_.packets() == 0 || (sent_packets_.packets() < window_ && is_within_window());
}

bool Recovery::may_send(Instant now) {
  if (has_window()) return pacer_.may_send(now);
  was_full_ = was_full_ || !is_within_window();
  return false;
}

Instant Recovery::probe_time() const {
  if (sent_packets_.packets() == 0) return never;
  return last_sent_ + probe_timeout() * (1 << std::min(pto_count_, max_doublings));
}

Instant Recovery::next_timeout() const {
  if (probes_pending_ > 0) return never;  // it is to be sent at once
  return loss_time_ != never ? loss_time_ : probe_time();
}

Instant Recovery::next_departure() const {
  return has_window() ? pacer_.next() : never;
}

}  // namespace netlab::reliable
