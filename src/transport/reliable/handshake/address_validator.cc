#include "transport/reliable/handshake/address_validator.h"

namespace netlab::reliable {
namespace {

constexpr std::size_t max_known = 65'536;
// Ports where system services might answer our answers (docs/protocols.md, "Who gets no answer").
constexpr std::uint16_t service_ports_end = 1024;

}  // namespace

AddressValidator::Decision AddressValidator::on_datagram(Instant now, const Address& from,
                                                         std::span<const std::byte> datagram,
                                                         std::span<std::byte> room) {
  if (from.port() < service_ports_end) return {};
  const auto packet = parse(datagram);
  if (!packet) return {};
  if (const auto* const hello = std::get_if<Hello>(&packet->body))
    return packet->to == 0 ? on_hello(now, from, *hello, room) : Decision();
  // Somebody talks to a connection that is no more: the server was started again, perhaps.
  if (!belongs_to_a_connection(*packet) || now < silent_until_) return {};
  silent_until_ = now + gone_distance;
  return {.answer = emit(packet->to, Gone{}, room)};
}

AddressValidator::Decision AddressValidator::on_hello(Instant now, const Address& from,
                                                      const Hello& hello,
                                                      std::span<std::byte> room) {
  if (hello.client == 0) return {};
  if (!is_valid(hello.token, key_, from, hello.client, now)) {
    const Token token = make_token(key_, from, hello.client, now);
    return {.answer = emit(hello.client, Retry{token}, room)};
  }
  // Another HELLO, doubled or late, is the connection's to answer.
  if (already_admitted(now, from, hello)) return {};
  return {.admitted = hello};
}

std::uint64_t AddressValidator::key_of(const Address& from, const Hello& hello) const {
  std::string name = from.text();
  name.append(reinterpret_cast<const char*>(&hello.client), sizeof hello.client);
  return siphash(key_, std::as_bytes(std::span(name)));
}

bool AddressValidator::already_admitted(Instant now, const Address& from, const Hello& hello) {
  while (!admitted_.empty() && (admitted_.front().until <= now || admitted_.size() >= max_known)) {
    known_.erase(admitted_.front().who);
    admitted_.pop_front();
  }
  const std::uint64_t client = key_of(from, hello);
  if (!known_.insert(client).second) return true;
  admitted_.push_back({now + token_life, client});
  return false;
}

void AddressValidator::forget(const Address& from, const Hello& hello) {
  const std::uint64_t client = key_of(from, hello);
  known_.erase(client);
  std::erase_if(admitted_, [client](const Admitted& other) { return other.who == client; });
}

}  // namespace netlab::reliable
