// Token is sent to an unknown client in a RETRY, and the client returns it in its next HELLO. This
// proves that the client receives packets at its address (RFC 9000 section 8.1). The server stores
// no tokens, only one key for all of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/clock.h"
#include "transport/reliable/handshake/siphash.h"

namespace netlab::reliable {

inline constexpr std::size_t token_size = 16;
inline constexpr Duration token_lifetime = std::chrono::seconds(15);

using Token = std::array<std::byte, token_size>;

// The token is bound to the address, port and connection id of the client, and to the time.
Token make_token(const SipKey& key, const Address& client, std::uint64_t id, Instant now);
bool is_valid(std::span<const std::byte> token, const SipKey& key, const Address& client,
              std::uint64_t id, Instant now);

}  // namespace netlab::reliable
