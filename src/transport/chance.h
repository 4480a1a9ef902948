// Chance is what a bad network decides by: a number that depends on nothing but a seed, a stream, a
// packet's ordinal and what is to be decided. So a run can be repeated, whatever its timing, and no
// fault that is added changes another's decisions. Nobody who must not guess them may rely on them.
#pragma once

#include <cstdint>

namespace netlab {

class Chance {
 public:
  // The numbers stay: the same seed means the same in later versions.
  enum class Of : std::uint64_t { loss = 1, duplicate, corrupt, bit, reorder, jitter };

  // `stream`: any number; packets of other streams have decisions of their own.
  Chance(std::uint64_t seed, std::uint64_t stream) : start_(scramble(scramble(seed) ^ stream)) {}

  std::uint64_t number(Of what, std::uint64_t ordinal) const {
    return scramble(scramble(start_ ^ ordinal) ^ static_cast<std::uint64_t>(what));
  }
  // From 0 up to, but not including, 1: `share(...) < p` holds in a share p of all packets, for 0
  // never, for 1 always.
  double share(Of what, std::uint64_t ordinal) const {
    return static_cast<double>(number(what, ordinal) >> 11) * 0x1p-53;
  }

 private:
  // SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
  static constexpr std::uint64_t scramble(std::uint64_t number) {
    number += 0x9e3779b97f4a7c15;
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    return number ^ (number >> 31);
  }

  std::uint64_t start_;
};

}  // namespace netlab
