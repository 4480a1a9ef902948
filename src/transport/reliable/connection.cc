#include "transport/reliable/connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/error.h"

namespace netlab::reliable {
namespace {

// At least this long, because a live peer may be slow to acknowledge our PING.
constexpr Duration min_refused_time = std::chrono::seconds(3);
// Minimum time between two PINGs caused by stray HELLOs, which may be forged.
constexpr Duration stray_ping_interval = std::chrono::milliseconds(500);

}  // namespace

Connection::Connection(Instant now, const Settings& settings, const Identity& identity)
    : settings_(settings), identity_(identity), handshake_(Handshake::Role::client) {
  timers_.set(Timer::handshake, now + settings.handshake_timeout);
}

Connection::Connection(Instant now, const Settings& settings, const Identity& identity,
                       const Hello& hello)
    : settings_(settings), identity_(identity), handshake_(Handshake::Role::server) {
  establish(now, negotiate(hello.parameters, settings), hello.parameters.max_data, hello.client);
}

void Connection::establish(Instant now, const TransportParameters& parameters,
                           std::uint64_t peer_max_data, std::uint64_t peer_id) {
  parameters_ = parameters;
  peer_id_ = peer_id;
  TransportParameters peer_parameters = parameters;
  peer_parameters.max_data = peer_max_data;
  sender_.emplace(peer_parameters, settings_, identity_.seed);
  receiver_.emplace(arq_of(parameters.strategy), parameters.window, settings_);
  enter(State::open);
  timers_.set(Timer::keep_alive, now + settings_.keep_alive);
}

std::span<const std::byte> Connection::readable() const {
  return receiver_ ? receiver_->buffer().readable() : std::span<const std::byte>();
}

bool Connection::is_for_us(const Packet& packet) const {
  if (const auto* const hello = std::get_if<Hello>(&packet.body))
    return packet.to == 0 && !handshake_.is_client() && hello->client == peer_id_;
  if (std::holds_alternative<Gone>(packet.body)) return peer_id_ != 0 && packet.to == peer_id_;
  return packet.to == identity_.id;
}

void Connection::on_datagram(Instant now, std::span<const std::byte> datagram) {
  if (state_ == State::closed) return;
  const auto packet = parse(datagram);
  if (!packet || !is_for_us(*packet)) {
    ++dropped_datagrams_;
    if (packet) on_stray_packet(now, *packet);
    return;
  }
  try {
    std::visit([&](const auto& body) { handle(now, body); }, packet->body);
    finish_if_complete(now);
  } catch (const ProtocolError&) {
    fail(EPROTO);
    send_close(Close::Code::violation);
  }
}

// A client that was killed and restarted on the same port reaches its old connection. The server
// sends a PING to the old client, and the new client replies GONE. TCP ends a half-open connection
// in the same way (RFC 9293 section 3.5.1).
void Connection::on_stray_packet(Instant now, const Packet& packet) {
  if (now < next_stray_reply_) return;
  if (state_ == State::handshake && belongs_to_a_connection(packet)) {
    gone_id_ = packet.to;
    next_stray_reply_ = now + gone_interval;
  } else if (state_ == State::open && !handshake_.is_client() &&
             std::holds_alternative<Hello>(packet.body)) {
    sender_->ping();
    next_stray_reply_ = now + stray_ping_interval;
  }
}

void Connection::on_peer_activity(Instant now) {
  refused_since_ = never;
  if (const auto rtt = handshake_.complete(now)) sender_->on_rtt_sample(now, *rtt);
  if (state_ != State::open) return;
  timers_.stop(Timer::idle);
  timers_.set(Timer::keep_alive, now + settings_.keep_alive);
}

void Connection::handle(Instant, const Hello&) {
  handshake_.retransmit();  // our WELCOME may be lost
}

void Connection::handle(Instant now, const Retry& retry) {
  if (state_ == State::handshake) handshake_.on_retry(now, retry);
}

void Connection::handle(Instant now, const Welcome& welcome) {
  if (state_ != State::handshake) return;
  const TransportParameters& parameters = welcome.parameters;
  if (parameters.max_datagram > settings_.max_datagram || parameters.window > settings_.window ||
      parameters.strategy != settings_.strategy || welcome.server == 0)
    throw ProtocolError("WELCOME: parameters do not match the proposal");
  establish(now, parameters, parameters.max_data, welcome.server);
  on_peer_activity(now);
}

void Connection::handle(Instant now, const Data& data) {
  if (!receiver_) return;  // it arrived before the WELCOME
  on_peer_activity(now);
  if (state_ == State::closing) send_close(Close::Code::done);  // our CLOSE was lost
  receiver_->on_data(now, data);
}

void Connection::handle(Instant now, const Ack& ack) {
  if (!sender_) return;
  on_peer_activity(now);
  sender_->on_acknowledgement(now, ack);
}

void Connection::handle(Instant now, const Ping& ping) {
  if (!receiver_) return;
  on_peer_activity(now);
  receiver_->on_ping(now, ping);
}

void Connection::handle(Instant, const Close& close) {
  if (!sender_) {
    fail(ECONNREFUSED);
    return;
  }
  // A peer sends Code::done only when it has received our whole stream and we have acknowledged all
  // of its own.
  const bool is_orderly = close.code == Close::Code::done && receiver_->buffer().is_complete() &&
                          sender_->buffer().is_finished();
  const bool close_sent = state_ == State::closing && !pending_close_;
  if (!is_orderly && state_ == State::open) error_ = ECONNRESET;
  enter(State::closed);
  pending_close_.reset();
  if (is_orderly && !close_sent) send_close(Close::Code::done);
}

void Connection::handle(Instant, const Gone&) {
  if (state_ == State::closing)
    enter(State::closed);
  else
    fail(ECONNRESET);
}

void Connection::on_refused(Instant now) {
  if (state_ == State::handshake) fail(ECONNREFUSED);
  if (state_ != State::open) return;
  refused_since_ = std::min(refused_since_, now);
  if (refused_since_ + std::max(3 * sender_->recovery().probe_timeout(), min_refused_time) <= now)
    fail(ECONNRESET);
  else
    sender_->ping();
}

void Connection::fail(int error) {
  error_ = error;
  enter(State::closed);
}

// The timers of a state do not run in the next.
void Connection::enter(State state) {
  state_ = state;
  timers_.stop_all();
}

// Both streams are complete, but the peer may not know that yet. This end sends a CLOSE and stays
// in the closing state for three PTOs to repeat it (RFC 9000 section 10.2). It leaves that state
// early when the peer's own CLOSE arrives.
void Connection::finish_if_complete(Instant now) {
  if (state_ != State::open || !sender_->is_all_acked() || !receiver_->buffer().is_complete())
    return;
  send_close(Close::Code::done);
  enter(State::closing);
  timers_.set(Timer::closing, now + 3 * sender_->recovery().probe_timeout());
}

std::size_t Connection::free() const {
  return state_ == State::open ? sender_->buffer().free() : 0;
}

std::span<std::byte> Connection::room() {
  return state_ == State::open ? sender_->buffer().room() : std::span<std::byte>();
}

void Connection::written(std::size_t bytes) {
  sender_->buffer().written(bytes);
}

void Connection::finish() {
  if (sender_) sender_->buffer().finish();
}

void Connection::consumed(std::size_t bytes) {
  receiver_->consumed(bytes);
}

void Connection::set_receive_window(std::size_t bytes) {
  if (receiver_) receiver_->set_window(bytes);
}

void Connection::abort() {
  if (state_ == State::closed) return;
  if (state_ != State::closing) {
    error_ = ECONNABORTED;
    if (peer_id_ != 0) send_close(Close::Code::aborted);
  }
  enter(State::closed);
}

Batch Connection::poll_transmit(Instant now, std::span<std::byte> room) {
  assert(room.size() >= max_packet_size);
  const std::size_t size =
      state_ == State::handshake ? transmit_handshake(now, room) : transmit_control(now, room);
  if (size > 0 || state_ != State::open) return {size, size};
  const Batch batch = sender_->transmit(now, peer_id_, room);
  if (batch.bytes > 0) await_reply(now);
  return batch;
}

std::size_t Connection::transmit_handshake(Instant now, std::span<std::byte> room) {
  if (gone_id_ != 0) return emit(std::exchange(gone_id_, 0), Gone{}, room);
  if (!handshake_.is_pending()) return 0;
  handshake_.on_sent(now);
  timers_.set(Timer::hello, now + handshake_.hello_timeout());
  return emit(0, Hello{identity_.id, proposed_parameters(settings_), handshake_.token()}, room);
}

std::size_t Connection::transmit_control(Instant now, std::span<std::byte> room) {
  if (!handshake_.is_client() && handshake_.is_pending()) {
    handshake_.on_sent(now);
    return emit(peer_id_, Welcome{identity_.id, parameters_}, room);
  }
  if (receiver_ && state_ != State::closed && receiver_->next_timeout() <= now)
    return emit(peer_id_, receiver_->acknowledge(now), room);
  if (pending_close_)
    return emit(peer_id_, Close{*std::exchange(pending_close_, std::nullopt)}, room);
  return 0;
}

// Each packet of the sender requires a reply.
void Connection::await_reply(Instant now) {
  if (timers_.is_running(Timer::idle)) return;
  const Duration timeout =
      std::max(settings_.idle_timeout, 3 * sender_->recovery().probe_timeout());
  timers_.set(Timer::idle, add_saturating(now, timeout));
  timers_.stop(Timer::keep_alive);
}

void Connection::on_timeout(Instant now) {
  while (const auto timer = timers_.take_expired(now)) on_expired(*timer);
  if (state_ == State::open) sender_->on_timeout(now);
}

void Connection::on_expired(Timer timer) {
  switch (timer) {
    case Timer::handshake:
    case Timer::idle:
      fail(ETIMEDOUT);
      break;
    case Timer::hello:
      handshake_.retransmit();
      break;
    case Timer::keep_alive:
      sender_->ping();
      break;
    case Timer::closing:
      enter(State::closed);
      break;
  }
}

Instant Connection::poll_timeout() const {
  Instant next = timers_.next();
  if (state_ == State::open) next = std::min(next, sender_->next_timeout());
  if (state_ == State::open || state_ == State::closing)
    next = std::min(next, receiver_->next_timeout());
  return next;
}

}  // namespace netlab::reliable
