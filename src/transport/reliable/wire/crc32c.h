// CRC-32C (Castagnoli; RFC 3720 appendix B.4). It detects errors that UDP's 16-bit checksum misses,
// e.g. two swapped words. It detects corruption, not tampering: it has no key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace netlab::reliable {

// Uses the SSE 4.2 crc32 instruction if the processor has it.
std::uint32_t crc32c(std::span<const std::byte> bytes);
// The portable version, with a table of 256 words.
std::uint32_t crc32c_by_table(std::span<const std::byte> bytes);
// The fast version, only for x86-64 processors that have the instruction.
std::uint32_t crc32c_by_instruction(std::span<const std::byte> bytes);

// Returns `crc` advanced by one zero bit.
constexpr std::uint32_t crc32c_after_bit(std::uint32_t crc) {
  // 0x1edc6f41 with its bits reversed, because the lowest bit is sent first.
  constexpr std::uint32_t polynomial = 0x82f63b78;
  return (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
}

}  // namespace netlab::reliable
