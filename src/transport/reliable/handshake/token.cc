#include "transport/reliable/handshake/token.h"

#include <cstring>
#include <string>

namespace netlab::reliable {
namespace {

template <typename Number>
void append(std::string& text, Number number) {
  text.append(reinterpret_cast<const char*>(&number), sizeof number);
}

Token token_issued_at(const SipKey& key, const Address& client, std::uint64_t id,
                      std::int64_t issued_at) {
  std::string text = client.host_key();
  append(text, client.port());
  append(text, id);
  append(text, issued_at);
  const std::uint64_t mac = siphash(key, std::as_bytes(std::span(text)));
  Token token;
  std::memcpy(token.data(), &issued_at, sizeof issued_at);
  std::memcpy(token.data() + sizeof issued_at, &mac, sizeof mac);
  return token;
}

// Takes the same time wherever the two differ, so that timing does not reveal how many bytes match.
// Both have the same size.
bool equal_in_constant_time(std::span<const std::byte> left, std::span<const std::byte> right) {
  std::byte difference{0};
  for (std::size_t i = 0; i < left.size(); ++i) difference |= left[i] ^ right[i];
  return difference == std::byte{0};
}

}  // namespace

Token make_token(const SipKey& key, const Address& client, std::uint64_t id, Instant now) {
  return token_issued_at(key, client, id, now.time_since_epoch().count());
}

bool is_valid(std::span<const std::byte> token, const SipKey& key, const Address& client,
              std::uint64_t id, Instant now) {
  if (token.size() != token_size) return false;
  std::int64_t issued_at;
  std::memcpy(&issued_at, token.data(), sizeof issued_at);
  if (!equal_in_constant_time(token, token_issued_at(key, client, id, issued_at))) return false;
  // The token is authentic, so its time can be trusted.
  return Instant(Duration(issued_at)) + token_lifetime > now;
}

}  // namespace netlab::reliable
