// Takes apart the input of a fuzz target: a few bytes control the run, the rest is parsed.
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

// Removes and returns the first byte; 0 if there is none.
inline unsigned char take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte;
}

// Removes everything up to and including the mark; returns what is before the mark.
inline std::string_view take_until(std::string_view& input, char mark) {
  const std::size_t end = std::min(input.find(mark), input.size());
  const std::string_view part = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return part;
}

// Divides bytes as a network may: into pieces of 1 to `most` bytes, the same each time; not at all
// if `most` is 0.
inline std::vector<std::string_view> pieces_of(std::string_view bytes, unsigned char most) {
  if (most == 0) return {bytes};
  std::vector<std::string_view> pieces;
  for (std::minstd_rand rng(most); !bytes.empty();) {
    const std::size_t size = std::min<std::size_t>(1 + rng() % most, bytes.size());
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return pieces;
}

}  // namespace netlab
