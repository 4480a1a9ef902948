// The bytes that a fuzz target is given, taken apart: a few that say how, the rest to be parsed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace netlab {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes a byte off the front; 0 when there is none.
inline unsigned char take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte;
}

// Takes what is before the mark off the front, and the mark.
inline std::string_view take_until(std::string_view& input, char mark) {
  const std::size_t end = std::min(input.find(mark), input.size());
  const std::string_view part = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return part;
}

// Cuts bytes as a network may. 0: not at all; otherwise into pieces of 1 to `most` bytes, the same
// each time.
inline std::vector<std::string_view> pieces_of(std::string_view bytes, unsigned char most) {
  if (most == 0) return {bytes};
  std::vector<std::string_view> pieces;
  for (std::minstd_rand chance(most); !bytes.empty();) {
    const std::size_t size = std::min<std::size_t>(1 + chance() % most, bytes.size());
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return pieces;
}

}  // namespace netlab
