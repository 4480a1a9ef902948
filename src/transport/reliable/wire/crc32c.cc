#include "transport/reliable/wire/crc32c.h"

#include <array>
#include <cstring>

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

namespace netlab::reliable {
namespace {

// 0x1edc6f41 with its bits reversed, because the lowest bit is sent first.
constexpr std::uint32_t polynomial = 0x82f63b78;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> table = make_table();

constexpr std::uint32_t update(std::uint32_t crc, std::byte byte) {
  return (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xff];
}

#ifdef __x86_64__

// The crc32 instruction has a latency of three cycles, and one can start in each cycle, so three
// stripes are computed in parallel. A CRC is linear: to combine the stripes, a CRC is advanced over
// one stripe of zero bytes. Nine stripes cover nearly all of a 1472-byte datagram.
constexpr std::size_t stripe = 160;

using ShiftTables = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr ShiftTables make_shift_tables() {
  ShiftTables shift_tables{};
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    std::uint32_t crc = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < stripe; ++i) crc = update(crc, std::byte{0});
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

#endif

}  // namespace

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::byte byte : bytes) crc = update(crc, byte);
  return ~crc;
}

std::uint32_t crc32c(std::span<const std::byte> bytes) {
#ifdef __x86_64__
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return crc32c_by_instruction(bytes);
#endif
  return crc32c_by_table(bytes);
}

}  // namespace netlab::reliable
