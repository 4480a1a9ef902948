// The fast CRC-32C: three parallel computations with the crc32 instruction.
#include "transport/reliable/wire/crc32c.h"

#ifdef __x86_64__

#include <nmmintrin.h>

#include <array>
#include <cstring>

namespace netlab::reliable {
namespace {

// The crc32 instruction has a latency of three cycles, and one can start in each cycle, so three
// stripes are computed in parallel. A CRC is linear: to combine the stripes, a CRC is advanced over
// one stripe of zero bytes. Nine stripes cover nearly all of a 1472-byte datagram.
constexpr std::size_t stripe = 160;

using ShiftTables = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr ShiftTables make_shift_tables() {
  ShiftTables shift_tables{};
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    std::uint32_t crc = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < 8 * stripe; ++i) crc = crc32c_after_bit(crc);
    shift_tables[bit / 8][std::size_t{1} << bit % 8] = crc;
  }
  for (auto& byte_table : shift_tables)
    for (std::size_t value = 1; value < byte_table.size(); ++value) {
      const std::size_t without_lowest = value & (value - 1);
      if (without_lowest != 0)
        byte_table[value] = byte_table[without_lowest] ^ byte_table[value ^ without_lowest];
    }
  return shift_tables;
}

constexpr ShiftTables shift_tables = make_shift_tables();

std::uint64_t shift_by_stripe(std::uint64_t crc) {
  return shift_tables[0][crc & 0xff] ^ shift_tables[1][crc >> 8 & 0xff] ^
         shift_tables[2][crc >> 16 & 0xff] ^ shift_tables[3][crc >> 24];
}

std::uint64_t word_at(const std::byte* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace

__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(
    std::span<const std::byte> bytes) {
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::uint64_t crc = 0xffffffff;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3 * stripe; left -= 3 * stripe, at += 3 * stripe) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < stripe; i += word) {
      crc = _mm_crc32_u64(crc, word_at(at + i));
      second = _mm_crc32_u64(second, word_at(at + stripe + i));
      third = _mm_crc32_u64(third, word_at(at + 2 * stripe + i));
    }
    crc = shift_by_stripe(shift_by_stripe(crc) ^ second) ^ third;
  }
  for (; left >= word; left -= word, at += word) crc = _mm_crc32_u64(crc, word_at(at));
  auto crc32 = static_cast<std::uint32_t>(crc);
  for (; left > 0; --left) crc32 = _mm_crc32_u8(crc32, static_cast<std::uint8_t>(*at++));
  return ~crc32;
}

}  // namespace netlab::reliable

#endif
