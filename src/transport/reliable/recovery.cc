#include "transport/reliable/recovery.h"

#include <algorithm>

#include "base/error.h"

namespace netlab::reliable {
namespace {

using State = SentPacket::State;

// Timers double with each probe in vain, so often at most.
constexpr unsigned int most_doublings = 6;
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
      flight_(first_number),
      packet_size_(packet_size) {}

void Recovery::measured(Instant now, Duration round_trip) {
  round_trip_.sample(round_trip, {});
  first_sample_ = std::min(first_sample_, now);
}

void Recovery::set_packet_size(std::size_t bytes) {
  if (bytes == packet_size_) return;
  packet_size_ = bytes;
  congestion_->set_datagram(bytes);
}

void Recovery::on_sent(SentPacket packet) {
  rate_.on_sent(packet, flight_.packets() == 0);
  flight_.add(packet);
  pacer_.sent(packet.size);
  last_sent_ = packet.sent;
  if (probes_wanted_ > 0 && !packet.is_mtu_probe) --probes_wanted_;
}

void Recovery::skip_number() {
  flight_.add({.state = State::skipped});
}

void Recovery::on_acknowledgement(Instant now, const Ack& ack) {
  if (ack.largest >= flight_.end()) throw ProtocolError("what was never sent is acknowledged");
  begin_news();
  if (!largest_ || ack.largest > *largest_) {
    largest_ = ack.largest;
    sample_round_trip(now, ack);
  }
  const std::uint64_t in_flight = flight_.bytes();
  settle_what_came(now, ack);
  if (!came_.empty()) probes_in_vain_ = probes_wanted_ = 0;
  detect_lost(now);
  if (bytes_that_came_ > 0) tell_congestion(now, in_flight, bytes_that_came_);
  pacer_.set(
      now, congestion_->pacing_rate(round_trip_),
      std::max(burst_packets * base_size,
               static_cast<std::uint64_t>(congestion_->pacing_rate(round_trip_) * burst_seconds)));
}

void Recovery::sample_round_trip(Instant now, const Ack& ack) {
  if (ack.largest < flight_.first()) return;
  const SentPacket& packet = flight_[ack.largest];
  if (packet.state != State::outstanding) return;
  round_trip_.sample(now - packet.sent, std::min<Duration>(ack.delay, longest_ack_delay));
  first_sample_ = std::min(first_sample_, now);
}

void Recovery::begin_news() {
  lost_.clear();
  came_.clear();
  newest_before_ = newest_settled_;
  bytes_that_came_ = 0;
  mtu_probe_that_came_ = 0;
  largest_that_came_ = 0;
}

void Recovery::settle_what_came(Instant now, const Ack& ack) {
  for (std::uint64_t number = flight_.first(); number < flight_.end(); ++number) {
    const SentPacket& packet = flight_[number];
    if (packet.state == State::settled) continue;
    const bool has_come = arq_.has_come(number, packet, ack);
    if (packet.state == State::skipped) {
      if (number == ack.largest || (has_come && ack.count > 0))
        throw ProtocolError("what was never sent is acknowledged");
      continue;
    }
    // Of what is behind it nothing is known, but that a probe carried the same.
    if (!has_come && number > ack.largest) break;
    if (has_come) settle(now, number);
  }
}

void Recovery::settle(Instant now, std::uint64_t number) {
  const SentPacket packet = flight_[number];
  came_.push_back(packet.sent);
  newest_settled_ = std::max(newest_settled_, packet.sent);
  flight_.settle(number);
  std::size_t& largest = packet.is_mtu_probe ? mtu_probe_that_came_ : largest_that_came_;
  largest = std::max<std::size_t>(largest, packet.size);
  if (packet.is_mtu_probe) return;  // it was not in the window either
  bytes_that_came_ += packet.size;
  rate_.on_delivered(now, packet);
}

// Section 6.1: overtaken by three packets, or by one for longer than the network may have mixed
// them up.
void Recovery::detect_lost(Instant now) {
  loss_time_ = never;
  if (!largest_) return;
  const Duration patience = round_trip_.loss_delay();
  for (std::uint64_t number = flight_.first(); number < flight_.end() && number < *largest_;
       ++number) {
    const SentPacket& packet = flight_[number];
    if (packet.state != State::outstanding) continue;
    if (number + packet_threshold <= *largest_ || packet.sent + patience <= now)
      lose(number);
    else
      loss_time_ = std::min(loss_time_, packet.sent + patience);
  }
  if (!lost_.empty()) tell_losses(now);
}

void Recovery::lose(std::uint64_t number) {
  const bool goes_back = arq_.goes_back() && flight_[number].bytes > 0;  // not for a PING
  const std::uint64_t end = goes_back ? flight_.end() : number + 1;
  for (; number < end; ++number) {
    if (flight_[number].state != State::outstanding) continue;
    lost_.push_back(flight_[number]);
    flight_.settle(number);
  }
}

void Recovery::tell_losses(Instant now) {
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
         newest_before_ < oldest &&
         std::ranges::none_of(came_, [&](Instant sent) { return oldest < sent && sent < newest; });
}

void Recovery::tell_congestion(Instant now, std::uint64_t in_flight, std::uint64_t bytes) {
  const bool round_is_over = rate_.delivered_before() >= round_end_;
  if (round_is_over) round_end_ = rate_.delivered();
  const bool limited = rate_.was_limited();
  congestion_->on_acknowledged(
      {.now = now,
       .sent = newest_settled_,
       .bytes = bytes,
       .in_flight = in_flight,
       .window_was_full = was_full_ || 2 * in_flight >= congestion_->window(),
       .rate = rate_.take(),
       .rate_is_applications = limited,
       .round_is_over = round_is_over},
      round_trip_);
  was_full_ = false;
}

void Recovery::limited_by_application() {
  if (is_within_window()) rate_.limited_by_application(flight_.bytes());
}

void Recovery::on_timeout(Instant now) {
  begin_news();
  if (loss_time_ <= now) {
    detect_lost(now);
  } else if (probe_time() <= now) {
    ++probes_in_vain_;
    probes_wanted_ = probes_in_vain_ == 1 ? 1 : 2;  // section 6.2.4
  }
}

bool Recovery::is_within_window() const {
  return flight_.bytes() + packet_size_ <= congestion_->window();
}

bool Recovery::has_window() const {
  return flight_.packets() == 0 || (flight_.packets() < window_ && is_within_window());
}

bool Recovery::may_send(Instant now) {
  if (has_window()) return pacer_.may_send(now);
  was_full_ = was_full_ || !is_within_window();
  return false;
}

Instant Recovery::probe_time() const {
  if (flight_.packets() == 0) return never;
  return last_sent_ + probe_timeout() * (1 << std::min(probes_in_vain_, most_doublings));
}

Instant Recovery::next_timeout() const {
  if (probes_wanted_ > 0) return never;  // it is to be sent at once
  return loss_time_ != never ? loss_time_ : probe_time();
}

Instant Recovery::next_departure() const {
  return has_window() ? pacer_.next() : never;
}

}  // namespace netlab::reliable
