#include "transport/reliable/handshake/token.h"

#include <cstring>
#include <string>

namespace netlab::reliable {
namespace {

template <typename Number>
void append(std::string& text, Number number) {
  text.append(reinterpret_cast<const char*>(&number), sizeof number);
}

Token token_made_at(const SipKey& key, const Address& client, std::uint64_t id,
                    std::int64_t made_at) {
  std::string text = client.host_key();
  append(text, client.port());
  append(text, id);
  append(text, made_at);
  const std::uint64_t code = siphash(key, std::as_bytes(std::span(text)));
  Token token;
  std::memcpy(token.data(), &made_at, sizeof made_at);
  std::memcpy(token.data() + sizeof made_at, &code, sizeof code);
  return token;
}

// In the same time wherever they differ: how long it takes tells nobody how much was right.
bool are_equal(std::span<const std::byte> left, std::span<const std::byte> right) {
  std::byte difference{0};
  for (std::size_t i = 0; i < left.size(); ++i) difference |= left[i] ^ right[i];
  return difference == std::byte{0};
}

}  // namespace

Token make_token(const SipKey& key, const Address& client, std::uint64_t id, Instant now) {
  return token_made_at(key, client, id, now.time_since_epoch().count());
}

bool is_valid(std::span<const std::byte> token, const SipKey& key, const Address& client,
              std::uint64_t id, Instant now) {
  if (token.size() != token_size) return false;
  std::int64_t made_at;
  std::memcpy(&made_at, token.data(), sizeof made_at);
  if (!are_equal(token, token_made_at(key, client, id, made_at))) return false;
  // It is ours: its time can be trusted.
  return Instant(Duration(made_at)) + token_life > now;
}

}  // namespace netlab::reliable
