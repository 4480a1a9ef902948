#include "transport/reliable/connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/error.h"

namespace netlab::reliable {
namespace {

// A server that asks for a token again and again is none.
constexpr unsigned int max_retries = 8;
// Between two HELLOs: a second until the round trip is known, and twice the last each time.
constexpr Duration max_pause = std::chrono::seconds(2);
constexpr unsigned int max_hello_doublings = 10;
// A peer that is there may be busy with other things than our PING.
constexpr Duration refused_for = std::chrono::seconds(3);
// Between two PINGs because of HELLOs that anybody may have forged.
constexpr Duration ping_distance = std::chrono::milliseconds(500);

}  // namespace

Connection::Connection(Instant now, const Settings& settings, const Identity& identity)
    : settings_(settings),
      identity_(identity),
      is_client_(true),
      give_up_at_(now + settings.handshake_timeout),
      wants_hello_(true),
      last_received_(now) {}

Connection::Connection(Instant now, const Settings& settings, const Identity& identity,
                       const Hello& hello)
    : settings_(settings),
      identity_(identity),
      is_client_(false),
      wants_welcome_(true),
      last_received_(now) {
  establish(negotiate(hello.parameters, settings), hello.parameters.max_data, hello.client);
}

void Connection::establish(const TransportParameters& parameters, std::uint64_t peer_max_data,
                           std::uint64_t peer_id) {
  parameters_ = parameters;
  peer_id_ = peer_id;
  TransportParameters theirs = parameters;
  theirs.max_data = peer_max_data;
  sender_.emplace(theirs, settings_, identity_.seed);
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
    ++unreadable_;
    if (packet) on_stray_packet(now, *packet);
    return;
  }
  try {
    std::visit([&](const auto& body) { handle(now, body); }, packet->body);
    finish_if_complete(now);
  } catch (const ProtocolError&) {
    fail(EPROTO);
    close_with(Close::Code::violation);
  }
}

// A client that was killed, and comes back from the same port, reaches its old connection: this
// asks for the old client, and the new one answers that it is gone. So a half-open connection of
// TCP ends (RFC 9293 section 3.5.1).
void Connection::on_stray_packet(Instant now, const Packet& packet) {
  if (now < next_stray_reply_) return;
  if (state_ == State::handshake && belongs_to_a_connection(packet)) {
    unknown_ = packet.to;
    next_stray_reply_ = now + gone_distance;
  } else if (state_ == State::open && !is_client_ && std::holds_alternative<Hello>(packet.body)) {
    sender_->ping();
    next_stray_reply_ = now + ping_distance;
  }
}

void Connection::on_peer_activity(Instant now) {
  last_received_ = now;
  unanswered_since_ = never;
  refused_since_ = never;
  if (std::exchange(is_confirmed_, true) || welcomes_ != 1) return;
  // The client may have taken its time: no more than what is assumed of those that are unknown.
  const Duration answered = now - welcome_sent_;
  if (answered < initial_rtt) sender_->on_rtt_sample(now, answered);
}

void Connection::handle(Instant, const Hello&) {
  if (!is_confirmed_) wants_welcome_ = true;  // the first one was lost
}

void Connection::handle(Instant now, const Retry& retry) {
  if (state_ != State::handshake || ++retries_ > max_retries) return;
  std::ranges::copy(retry.token, token_.begin());
  token_size_ = retry.token.size();
  if (hellos_ == 1) handshake_rtt_.sample(now - hello_sent_, {});
  hellos_ = 0;
  wants_hello_ = true;
}

void Connection::handle(Instant now, const Welcome& welcome) {
  if (state_ != State::handshake) return;
  const TransportParameters& parameters = welcome.parameters;
  if (parameters.largest > settings_.largest || parameters.window > settings_.window ||
      parameters.strategy != settings_.strategy || welcome.server == 0)
    throw ProtocolError("the server raises what was proposed");
  establish(parameters, parameters.max_data, welcome.server);
  if (hellos_ == 1) sender_->on_rtt_sample(now, now - hello_sent_);
  on_peer_activity(now);
}

void Connection::handle(Instant now, const Data& data) {
  if (!receiver_) return;  // it has overtaken the WELCOME
  on_peer_activity(now);
  if (state_ == State::closing) close_with(Close::Code::done);  // our last word was lost
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
  // Whoever says that it is done has all, and has been told that we have.
  const bool is_done = close.code == Close::Code::done && receiver_->buffer().is_whole() &&
                       sender_->buffer().is_finished();
  const bool has_said_so = state_ == State::closing && !wants_close_;
  if (!is_done && state_ == State::open) error_ = ECONNRESET;
  state_ = State::closed;
  wants_close_.reset();
  if (is_done && !has_said_so) close_with(Close::Code::done);
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
  if (refused_since_ + std::max(3 * sender_->recovery().probe_timeout(), refused_for) <= now)
    fail(ECONNRESET);
  else
    sender_->ping();
}

void Connection::fail(int error) {
  error_ = error;
  state_ = State::closed;
}

// Both ends have all. The peer may not know that yet: who is complete says so, and stays for a
// while to say it again, unless the peer has said it.
void Connection::finish_if_complete(Instant now) {
  if (state_ != State::open || !sender_->is_done() || !receiver_->buffer().is_whole()) return;
  close_with(Close::Code::done);
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
  if (receiver_) receiver_->bound(bytes);
}

void Connection::abort() {
  if (state_ == State::closed) return;
  if (state_ != State::closing) {
    error_ = ECONNABORTED;
    if (peer_id_ != 0) close_with(Close::Code::aborted);
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
  if (unknown_ != 0) {
    const std::size_t size = emit(std::exchange(unknown_, 0), Gone{}, room);
    return {size, size};
  }
  if (!wants_hello_) return {};
  wants_hello_ = false;
  hello_sent_ = now;
  ++hellos_;
  const Hello hello{identity_.id, proposed_parameters(settings_),
                    std::span(token_).first(token_size_)};
  const std::size_t size = emit(0, hello, room);
  return {size, size};
}

Batch Connection::transmit_control(Instant now, std::span<std::byte> room) {
  std::size_t size = 0;
  if (wants_welcome_) {
    wants_welcome_ = false;
    welcome_sent_ = now;
    ++welcomes_;
    size = emit(peer_id_, Welcome{identity_.id, parameters_}, room);
  } else if (receiver_ && state_ != State::closed && receiver_->next_timeout() <= now) {
    size = emit(peer_id_, receiver_->acknowledge(now), room);
  } else if (wants_close_) {
    size = emit(peer_id_, Close{*wants_close_}, room);
    wants_close_.reset();
  }
  return {size, size};
}

Instant Connection::hello_time() const {
  if (wants_hello_) return never;
  const unsigned int doublings = std::min(hellos_ - 1, max_hello_doublings);
  return hello_sent_ + std::min(handshake_rtt_.probe_timeout({}) * (1 << doublings), max_pause);
}

Instant Connection::idle_time() const {
  const Duration patience =
      std::max(settings_.idle_timeout, 3 * sender_->recovery().probe_timeout());
  return add_saturating(unanswered_since_,
                        unanswered_since_ == never ? Duration::zero() : patience);
}

Instant Connection::keep_alive_time() const {
  return unanswered_since_ == never ? last_received_ + settings_.keep_alive : never;
}

void Connection::on_timeout(Instant now) {
  if (state_ == State::handshake) {
    if (give_up_at_ <= now)
      fail(ETIMEDOUT);
    else if (hello_time() <= now)
      wants_hello_ = true;
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
      return std::min(give_up_at_, hello_time());
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
