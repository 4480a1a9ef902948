#include "transport/reliable/handshake/address_validator.h"

namespace netlab::reliable {
namespace {
constexpr std::size_t max_admitted = 65'536;
}

AddressValidator::Decision AddressValidator::on_datagram(Instant now, const Address& from,
                                                         std::span<const std::byte> datagram,
                                                         std::span<std::byte> room) {
  // A service there might reply to our reply (docs/protocols.md, "Preventing reply loops").
  if (from.port() <= last_system_port) return {};
  const auto packet = parse(datagram);
  if (!packet) return {};
  if (const auto* const hello = std::get_if<Hello>(&packet->body))
    return packet->to == 0 ? on_hello(now, from, *hello, room) : Decision();
  // A packet for a connection that no longer exists, e.g. because the server was restarted.
  if (!belongs_to_a_connection(*packet) || now < next_gone_time_) return {};
  next_gone_time_ = now + gone_interval;
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
  // A duplicate or late HELLO: the existing connection replies to the client.
  if (already_admitted(now, from, hello)) return {};
  return {.admitted = hello};
}

std::uint64_t AddressValidator::client_key(const Address& from, const Hello& hello) const {
  std::string text = from.text();
  text.append(reinterpret_cast<const char*>(&hello.client), sizeof hello.client);
  return siphash(key_, std::as_bytes(std::span(text)));
}

bool AddressValidator::already_admitted(Instant now, const Address& from, const Hello& hello) {
  while (!admitted_.empty() &&
         (admitted_.front().until <= now || admitted_.size() >= max_admitted)) {
    admitted_keys_.erase(admitted_.front().client);
    admitted_.pop_front();
  }
  const std::uint64_t client = client_key(from, hello);
  if (!admitted_keys_.insert(client).second) return true;
  admitted_.push_back({now + token_lifetime, client});
  return false;
}

void AddressValidator::forget(const Address& from, const Hello& hello) {
  const std::uint64_t client = client_key(from, hello);
  admitted_keys_.erase(client);
  std::erase_if(admitted_, [client](const Admitted& other) { return other.client == client; });
}

}  // namespace netlab::reliable
