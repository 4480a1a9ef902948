#include "transport/reliable/connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/error.h"

namespace netlab::reliable {
namespace {

// RETRYs accepted in one handshake; further ones are ignored.
constexpr unsigned int max_retries = 8;
// The HELLO timeout starts at one second, or at the PTO once a RETRY has given an RTT sample. It
// doubles with each retransmission, up to this.
constexpr Duration max_hello_interval = std::chrono::seconds(2);
constexpr unsigned int max_hello_doublings = 10;
// At least this long, because a live peer may be slow to acknowledge our PING.
constexpr Duration min_refused_time = std::chrono::seconds(3);
// Minimum time between two PINGs caused by stray HELLOs, which may be forged.
constexpr Duration stray_ping_interval = std::chrono::milliseconds(500);

}  // namespace

Connection::Connection(Instant now, const Settings& settings, const Identity& identity)
    : settings_(settings),
      identity_(identity),
      is_client_(true),
      handshake_deadline_(now + settings.handshake_timeout),
      hello_pending_(true),
      last_received_(now) {}

Connection::Connection(Instant now, const Settings& settings, const Identity& identity,
                       const Hello& hello)
    : settings_(settings),
      identity_(identity),
      is_client_(false),
      welcome_pending_(true),
      last_received_(now) {
  establish(negotiate(hello.parameters, settings), hello.parameters.max_data, hello.client);
}

void Connection::establish(const TransportParameters& parameters, std::uint64_t peer_max_data,
                           std::uint64_t peer_id) {
  parameters_ = parameters;
  peer_id_ = peer_id;
  TransportParameters peer_parameters = parameters;
  peer_parameters.max_data = peer_max_data;
  sender_.emplace(peer_parameters, settings_, identity_.seed);
  receiver_.emplace(arq_of(parameters.strategy), parameters.window, settings_);
  state_ = State::open;
}

std::span<const std::byte> Connection::readable() const {
  return receiver_ ? receiver_->buffer().readable() : std::span<const std::byte>();
}

bool Connection::is_for_us(const Packet& packet) const {
  if (const auto* const hello = std::get_if<Hello>(&packet.body))
    return packet.to == 0 && !is_client_ && hello->client == peer_id_;
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
  } else if (state_ == State::open && !is_client_ && std::holds_alternative<Hello>(packet.body)) {
    sender_->ping();
    next_stray_reply_ = now + stray_ping_interval;
  }
}

void Connection::on_peer_activity(Instant now) {
  last_received_ = now;
  unanswered_since_ = never;
  refused_since_ = never;
  if (std::exchange(is_confirmed_, true) || welcomes_sent_ != 1) return;
  // The first packet after WELCOME may have been delayed by the client, so the sample counts only
  // if it is below the initial RTT.
  const Duration rtt = now - welcome_sent_;
  if (rtt < initial_rtt) sender_->on_rtt_sample(now, rtt);
}

void Connection::handle(Instant, const Hello&) {
  if (!is_confirmed_) welcome_pending_ = true;  // our WELCOME was lost
}

void Connection::handle(Instant now, const Retry& retry) {
  if (state_ != State::handshake || ++retries_received_ > max_retries) return;
  std::ranges::copy(retry.token, token_.begin());
  token_size_ = retry.token.size();
  if (hellos_sent_ == 1) handshake_rtt_.sample(now - hello_sent_, {});
  hellos_sent_ = 0;
  hello_pending_ = true;
}

void Connection::handle(Instant now, const Welcome& welcome) {
  if (state_ != State::handshake) return;
  const TransportParameters& parameters = welcome.parameters;
  if (parameters.largest > settings_.largest || parameters.window > settings_.window ||
      parameters.strategy != settings_.strategy || welcome.server == 0)
    throw ProtocolError("WELCOME: parameters do not match the proposal");
  establish(parameters, parameters.max_data, welcome.server);
  if (hellos_sent_ == 1) sender_->on_rtt_sample(now, now - hello_sent_);
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
  state_ = State::closed;
  pending_close_.reset();
  if (is_orderly && !close_sent) send_close(Close::Code::done);
}

void Connection::handle(Instant, const Gone&) {
  if (state_ == State::closing)
    state_ = State::closed;
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
  state_ = State::closed;
}

// Both streams are complete, but the peer may not know that yet. This end sends a CLOSE and stays
// in the closing state for three PTOs to repeat it (RFC 9000 section 10.2). It leaves that state
// early when the peer's own CLOSE arrives.
void Connection::finish_if_complete(Instant now) {
  if (state_ != State::open || !sender_->is_all_acked() || !receiver_->buffer().is_complete())
    return;
  send_close(Close::Code::done);
  state_ = State::closing;
  closing_until_ = now + 3 * sender_->recovery().probe_timeout();
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
  state_ = State::closed;
}

Batch Connection::poll_transmit(Instant now, std::span<std::byte> room) {
  assert(room.size() >= max_packet_size);
  if (state_ == State::handshake) return transmit_handshake(now, room);
  if (const Batch control = transmit_control(now, room); control.bytes > 0) return control;
  if (state_ != State::open) return {};
  const Batch batch = sender_->transmit(now, peer_id_, room);
  if (batch.bytes > 0) unanswered_since_ = std::min(unanswered_since_, now);
  return batch;
}

Batch Connection::transmit_handshake(Instant now, std::span<std::byte> room) {
  if (gone_id_ != 0) {
    const std::size_t size = emit(std::exchange(gone_id_, 0), Gone{}, room);
    return {size, size};
  }
  if (!hello_pending_) return {};
  hello_pending_ = false;
  hello_sent_ = now;
  ++hellos_sent_;
  const Hello hello{identity_.id, proposed_parameters(settings_),
                    std::span(token_).first(token_size_)};
  const std::size_t size = emit(0, hello, room);
  return {size, size};
}

Batch Connection::transmit_control(Instant now, std::span<std::byte> room) {
  std::size_t size = 0;
  if (welcome_pending_) {
    welcome_pending_ = false;
    welcome_sent_ = now;
    ++welcomes_sent_;
    size = emit(peer_id_, Welcome{identity_.id, parameters_}, room);
  } else if (receiver_ && state_ != State::closed && receiver_->next_timeout() <= now) {
    size = emit(peer_id_, receiver_->acknowledge(now), room);
  } else if (pending_close_) {
    size = emit(peer_id_, Close{*pending_close_}, room);
    pending_close_.reset();
  }
  return {size, size};
}

Instant Connection::next_hello_time() const {
  if (hello_pending_) return never;
  const unsigned int doublings = std::min(hellos_sent_ - 1, max_hello_doublings);
  return hello_sent_ +
         std::min(handshake_rtt_.probe_timeout({}) * (1 << doublings), max_hello_interval);
}

Instant Connection::idle_time() const {
  const Duration timeout =
      std::max(settings_.idle_timeout, 3 * sender_->recovery().probe_timeout());
  return add_saturating(unanswered_since_, unanswered_since_ == never ? Duration::zero() : timeout);
}

Instant Connection::keep_alive_time() const {
  return unanswered_since_ == never ? last_received_ + settings_.keep_alive : never;
}

void Connection::on_timeout(Instant now) {
  if (state_ == State::handshake) {
    if (handshake_deadline_ <= now)
      fail(ETIMEDOUT);
    else if (next_hello_time() <= now)
      hello_pending_ = true;
  } else if (state_ == State::closing) {
    if (closing_until_ <= now) state_ = State::closed;
  } else if (state_ == State::open) {
    if (idle_time() <= now) {
      fail(ETIMEDOUT);
      return;
    }
    if (keep_alive_time() <= now) sender_->ping();
    sender_->on_timeout(now);
  }
}

Instant Connection::poll_timeout() const {
  switch (state_) {
    case State::handshake:
      return std::min(handshake_deadline_, next_hello_time());
    case State::open:
      return std::min(
          {receiver_->next_timeout(), sender_->next_timeout(), idle_time(), keep_alive_time()});
    case State::closing:
      return std::min(receiver_->next_timeout(), closing_until_);
    case State::closed:
      break;
  }
  return never;
}

}  // namespace netlab::reliable
