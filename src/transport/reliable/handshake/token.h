// Token is what a server gives to a client that it does not know, to have it back with the next
// HELLO: proof that the client receives what is sent to its address (RFC 9000 section 8.1). The
// server keeps nothing of it but one key for all.
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
inline constexpr Duration token_life = std::chrono::seconds(15);

using Token = std::array<std::byte, token_size>;

// For this address, port and id of a client, at this time.
Token make_token(const SipKey& key, const Address& client, std::uint64_t id, Instant now);
bool is_valid(std::span<const std::byte> token, const SipKey& key, const Address& client,
              std::uint64_t id, Instant now);

}  // namespace netlab::reliable
