#include "transport/reliable/doorkeeper.h"

namespace netlab::reliable {
namespace {

constexpr std::size_t most_used = 65'536;
constexpr auto gone_distance = std::chrono::milliseconds(20);
// Ports where system services might answer our answers (docs/protocols.md, "Who gets no answer").
constexpr std::uint16_t service_ports_end = 1024;

bool belongs_to_a_connection(const Packet& packet) {
  return std::holds_alternative<Data>(packet.body) || std::holds_alternative<Ack>(packet.body) ||
         std::holds_alternative<Ping>(packet.body);
}

}  // namespace

Doorkeeper::Verdict Doorkeeper::on_datagram(Instant now, const Address& from,
                                            std::span<const std::byte> datagram,
                                            std::span<std::byte> room) {
  if (from.port() < service_ports_end) return {};
  const auto packet = parse(datagram);
  if (!packet) return {};
  if (const auto* const hello = std::get_if<Hello>(&packet->body))
    return packet->to == 0 ? on_hello(now, from, *hello, room) : Verdict();
  // Somebody talks to a connection that is no more: the server was started again, perhaps.
  if (!belongs_to_a_connection(*packet) || now < silent_until_) return {};
  silent_until_ = now + gone_distance;
  return {.answer = emit(packet->to, Gone{}, room)};
}

Doorkeeper::Verdict Doorkeeper::on_hello(Instant now, const Address& from, const Hello& hello,
                                         std::span<std::byte> room) {
  if (hello.client == 0) return {};
  if (is_valid(hello.token, key_, from, hello.client, now)) {
    if (is_used_already(now, hello)) return {};
    return {.admitted = hello};
  }
  const Token token = make_token(key_, from, hello.client, now);
  return {.answer = emit(hello.client, Retry{token}, room)};
}

bool Doorkeeper::is_used_already(Instant now, const Hello& hello) {
  while (!used_.empty() && (used_.front().until <= now || used_.size() >= most_used)) {
    used_tokens_.erase(used_.front().token);
    used_.pop_front();
  }
  const std::uint64_t token = siphash(key_, hello.token);
  if (!used_tokens_.insert(token).second) return true;
  used_.push_back({now + token_life, token});
  return false;
}

}  // namespace netlab::reliable
