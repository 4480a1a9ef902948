#include "impair/simulation/simulation.h"

#include <fmt/core.h>

#include <algorithm>

#include "transport/reliable/describe.h"

namespace netlab::simulated {

Simulation::Simulation(const SimulationSettings& settings)
    : settings_(settings),
      up_(settings.up, settings.seed, 0, start_),
      down_(settings.down, settings.seed, 1, start_),
      validator_({settings.seed, ~settings.seed}),
      room_(reliable::max_packet_size) {
  start_client();
  peers_.push_back(&*client_);
  add_server(client_->connection->id());
  transmit();
}

void Simulation::start_client() {
  const reliable::Identity identity{.id = 2 * (settings_.seed + clients_started_++) + 0x1000,
                                    .seed = settings_.seed + 1};
  const auto salt = static_cast<std::uint8_t>(identity.id);
  client_.emplace(settings_.client, salt, salt + 1, start_);
  client_->begin(
      now_, std::make_unique<reliable::Connection>(now_, settings_.client.connection, identity));
}

void Simulation::add_server(std::uint64_t client_id) {
  const auto salt = static_cast<std::uint8_t>(client_id);
  servers_.push_back({Peer(settings_.server, salt + 1, salt, start_), client_address()});
  peers_.push_back(&server());
}

bool Simulation::is_closed() const {
  return std::ranges::all_of(peers_, &Peer::is_closed);
}

const std::string& Simulation::violation() const {
  for (const Peer* const peer : peers_)
    if (!peer->violation().empty()) return peer->violation();
  return violation_;
}

void Simulation::run(Duration max_duration) {
  run_until([this] { return is_closed(); }, max_duration);
}

bool Simulation::run_until(const std::function<bool()>& condition, Duration max_duration) {
  const Instant end = add_saturating(now_, max_duration);
  while (!condition()) {
    const Instant next_event = next();
    if (next_event > end) {
      now_ = end;
      check_timeouts();
      return false;
    }
    now_ = std::max(now_, next_event);
    step();
    if (!violation().empty()) return false;
  }
  return true;
}

Instant Simulation::next() const {
  Instant first = std::min(up_.next(), down_.next());
  if (clients_started_ == 1)
    first = std::min(first, add_saturating(start_, settings_.client_restarts));
  for (const Peer* const peer : peers_) {
    first = std::min(first, peer->next());
    if (peer->connection) first = std::min(first, peer->connection->poll_timeout());
  }
  return first;
}

void Simulation::step() {
  if (clients_started_ == 1 && passed() >= settings_.client_restarts) start_client();
  while (up_.next() <= now_) route_to_server(up_.take());
  while (down_.next() <= now_) client_->deliver(now_, down_.take());
  for (const Peer* const peer : peers_)
    if (peer->connection && peer->connection->poll_timeout() <= now_)
      peer->connection->on_timeout(now_);
  transmit();
  check_timeouts();
}

void Simulation::transmit() {
  for (Peer* const peer : peers_) peer->act(now_);
  send(*client_, server(), &up_, "client");
  for (Served& served : servers_)
    send(served.peer, *client_, served.client == client_address() ? &down_ : nullptr, "server");
}

Address Simulation::client_address() const {
  return Address::loopback(passed() < settings_.client_moves ? 40'000 : 50'000);
}

// Demultiplexes by the client's address, as the kernel does. The socket of a server is closed
// when its connection is.
void Simulation::route_to_server(std::span<const std::byte> datagram) {
  const auto served = std::ranges::find_if(servers_, [&](const Served& other) {
    return other.client == client_address() && !other.peer.is_closed();
  });
  if (served != servers_.end())
    served->peer.deliver(now_, datagram);
  else
    route_to_validator(datagram);
}

void Simulation::route_to_validator(std::span<const std::byte> datagram) {
  received_unvalidated_ += datagram.size();
  const auto decision = validator_.on_datagram(now_, client_address(), datagram, room_);
  if (decision.answer > 0) {
    const auto answer = std::span(room_).first(decision.answer);
    sent_unvalidated_ += answer.size();
    ++packets_down_;
    record("server", answer, down_.send(now_, answer));
    if (sent_unvalidated_ > 3 * received_unvalidated_)
      violation_ = "the server amplifies: it sent more than three times what it received";
  }
  if (!decision.admitted) return;
  if (!server().connection) {  // the placeholder
    peers_.pop_back();
    servers_.pop_back();
  }
  add_server(decision.admitted->client);
  const reliable::Identity identity{.id = 2 * settings_.seed + 0x1001 + 2 * servers_.size(),
                                    .seed = settings_.seed + 2};
  server().begin(now_, std::make_unique<reliable::Connection>(now_, settings_.server.connection,
                                                              identity, *decision.admitted));
}

void Simulation::deliver_to_client(std::span<const std::byte> datagram) {
  client_->deliver(now_, datagram);
  transmit();
}

void Simulation::deliver_to_server(std::span<const std::byte> datagram) {
  route_to_server(datagram);
  transmit();
}

void Simulation::send(Peer& from, const Peer& to, Path* path, const char* name) {
  if (!from.connection) return;
  for (;;) {
    const reliable::Batch batch = from.connection->poll_transmit(now_, room_);
    if (batch.bytes == 0) return;
    auto rest = std::span<const std::byte>(room_).first(batch.bytes);
    while (!rest.empty()) {
      const auto datagram = rest.first(std::min(batch.segment, rest.size()));
      rest = rest.subspan(datagram.size());
      ++(&from == &*client_ ? packets_up_ : packets_down_);
      record(name, datagram, path ? path->send(now_, datagram) : "no path");
    }
    check(from, to);
  }
}

void Simulation::check(const Peer& from, const Peer& to) {
  if (!from.connection->is_established() || !to.connection || !to.connection->is_established() ||
      from.connection->peer_id() != to.connection->id())
    return;
  const reliable::Sender& sender = from.connection->sender();
  if (sender.max_data() > to.connection->receiver().buffer().max_data())
    violation_ = "the sender exceeds the flow-control limit that the receiver advertised";
  if (sender.recovery().sent_packets().packets() >
      from.connection->parameters().window + settings_.max_probes)
    violation_ = "more packets in flight than the negotiated window";
}

void Simulation::check_timeouts() {
  for (const Peer* const peer : peers_)
    if (peer->missed_timeout(now_)) violation_ = "a connection did not end after its timeout";
}

void Simulation::record(const char* name, std::span<const std::byte> datagram, const char* fate) {
  const auto time = static_cast<std::uint64_t>(passed().count());
  event_hash_ =
      reliable::siphash({event_hash_, time}, datagram) + static_cast<std::uint64_t>(*fate);
  if (!settings_.logs) return;
  const auto packet = reliable::parse(datagram);
  log_ += fmt::format("{:12.6f} {} {}{}{}\n", in_seconds(passed()), name,
                      packet ? reliable::text(*packet) : "?", *fate ? "  " : "", fate);
}

}  // namespace netlab::simulated
