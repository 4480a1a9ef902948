// SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash that nobody can compute without
// the key. It is no cipher, and hides nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace netlab::reliable {

using SipKey = std::array<std::uint64_t, 2>;

std::uint64_t siphash(const SipKey& key, std::span<const std::byte> bytes);

}  // namespace netlab::reliable
