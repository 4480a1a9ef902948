// Random numbers for tests. The seed is printed, and NETLAB_SEED=... repeats a run.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace netlab {

inline std::mt19937_64 seeded_chance() {
  const char* const given = std::getenv("NETLAB_SEED");
  const std::uint64_t seed = given ? std::stoull(given) : std::random_device()();
  std::cout << "NETLAB_SEED=" << seed << std::endl;
  return std::mt19937_64(seed);
}

inline std::size_t below(std::mt19937_64& chance, std::size_t end) {
  return std::uniform_int_distribution<std::size_t>(0, end - 1)(chance);
}

inline std::string noise(std::mt19937_64& chance, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(chance());
  return bytes;
}

}  // namespace netlab
