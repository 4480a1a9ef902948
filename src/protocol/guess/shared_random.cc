#include "protocol/guess/shared_random.h"

#include <sys/random.h>

#include <cassert>
#include <limits>

#include "base/error.h"
#include "base/split_mix.h"

namespace netlab {

SharedRandom::SharedRandom(std::optional<std::uint64_t> seed) : seed_(seed) {}

std::uint64_t SharedRandom::next() const {
  // SplitMix64 computes its n-th number without the ones before.
  if (seed_) return split_mix(*seed_ + draws_[0].fetch_add(1) * split_mix_step);
  std::uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != sizeof number) throw SystemError("getrandom");
  return number;
}

std::uint64_t SharedRandom::draw(std::uint64_t count) const {
  assert(count > 0);
  // Rejects numbers above the last whole multiple of `count`: they would make small results
  // likelier.
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t fair = largest - largest % count;
  std::uint64_t number = next();
  while (number >= fair) number = next();
  return number % count;
}

}  // namespace netlab
