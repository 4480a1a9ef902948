// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash (MAC) that cannot be computed without
// the key. It does not encrypt anything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace netlab::reliable {

using SipKey = std::array<std::uint64_t, 2>;

std::uint64_t siphash(const SipKey& key, std::span<const std::byte> bytes);

}  // namespace netlab::reliable
