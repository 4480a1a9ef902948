// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014) maps each
// number to one that looks random. Not cryptographically secure: one output reveals the others.
#pragma once

#include <cstdint>

namespace netlab {

// The difference between consecutive inputs of a sequence.
inline constexpr std::uint64_t split_mix_step = 0x9e3779b97f4a7c15;

constexpr std::uint64_t split_mix(std::uint64_t number) {
  number += split_mix_step;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
}

}  // namespace netlab
