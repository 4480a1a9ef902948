// CRC-32C (Castagnoli; RFC 3720 appendix B.4): it finds what UDP's sum of 16 bits misses, as two
// words that have changed places. Against mistakes, not against people: it has no key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace netlab::reliable {

// By the processor's own instruction where it has one.
std::uint32_t crc32c(std::span<const std::byte> bytes);
// By a table of 256 words.
std::uint32_t crc32c_by_table(std::span<const std::byte> bytes);

}  // namespace netlab::reliable
