#include "transport/reliable/wire/crc32c.h"

#include <array>
#include <cstring>

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

namespace netlab::reliable {
namespace {

// 0x1edc6f41 with its bits in the other order, for the lowest bit is sent first.
constexpr std::uint32_t polynomial = 0x82f63b78;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? polynomial : 0);
    table[byte] = rest;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> table = make_table();

constexpr std::uint32_t next(std::uint32_t rest, std::byte byte) {
  return (rest >> 8) ^ table[(rest ^ static_cast<std::uint32_t>(byte)) & 0xff];
}

#ifdef __x86_64__

// The instruction takes three cycles, and another can begin in each: three stripes are done at
// once. A sum is linear, so that the stripes' can be put together, when it is known what a sum
// becomes as the zeros of a stripe follow. Three times three stripes fill a datagram of 1472 bytes.
constexpr std::size_t stripe = 160;

using ByBytes = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr ByBytes make_zeros() {
  ByBytes zeros{};
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    std::uint32_t rest = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < stripe; ++i) rest = next(rest, std::byte{0});
    zeros[bit / 8][std::size_t{1} << bit % 8] = rest;
  }
  for (auto& of_byte : zeros)
    for (std::size_t value = 1; value < of_byte.size(); ++value) {
      const std::size_t without_lowest = value & (value - 1);
      if (without_lowest != 0)
        of_byte[value] = of_byte[without_lowest] ^ of_byte[value ^ without_lowest];
    }
  return zeros;
}

constexpr ByBytes zeros = make_zeros();

std::uint64_t after_zeros(std::uint64_t rest) {
  return zeros[0][rest & 0xff] ^ zeros[1][rest >> 8 & 0xff] ^ zeros[2][rest >> 16 & 0xff] ^
         zeros[3][rest >> 24];
}

std::uint64_t word_at(const std::byte* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(
    std::span<const std::byte> bytes) {
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::uint64_t rest = 0xffffffff;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3 * stripe; left -= 3 * stripe, at += 3 * stripe) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < stripe; i += word) {
      rest = _mm_crc32_u64(rest, word_at(at + i));
      second = _mm_crc32_u64(second, word_at(at + stripe + i));
      third = _mm_crc32_u64(third, word_at(at + 2 * stripe + i));
    }
    rest = after_zeros(after_zeros(rest) ^ second) ^ third;
  }
  for (; left >= word; left -= word, at += word) rest = _mm_crc32_u64(rest, word_at(at));
  auto end = static_cast<std::uint32_t>(rest);
  for (; left > 0; --left) end = _mm_crc32_u8(end, static_cast<std::uint8_t>(*at++));
  return ~end;
}

#endif

}  // namespace

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes) {
  std::uint32_t rest = 0xffffffff;
  for (const std::byte byte : bytes) rest = next(rest, byte);
  return ~rest;
}

std::uint32_t crc32c(std::span<const std::byte> bytes) {
#ifdef __x86_64__
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return crc32c_by_instruction(bytes);
#endif
  return crc32c_by_table(bytes);
}

}  // namespace netlab::reliable
