#include "protocol/guess/shared_random.h"

#include <sys/mman.h>
#include <sys/random.h>

#include <cassert>
#include <limits>
#include <new>

#include "base/error.h"

namespace netlab {
namespace {

using Counter = std::atomic<std::uint64_t>;
static_assert(Counter::is_always_lock_free, "a lock would not work across processes");

// SplitMix64 (Steele, Lea, Flood 2014): computes its n-th number without the ones before.
std::uint64_t split_mix(std::uint64_t seed, std::uint64_t n) {
  std::uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

SharedRandom::SharedRandom(std::optional<std::uint64_t> seed) : seed_(seed) {
  void* const memory =
      mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw SystemError("mmap");
  draws_.reset(new (memory) Counter(0));
}

void SharedRandom::Unmap::operator()(Counter* counter) const {
  munmap(counter, sizeof *counter);
}

std::uint64_t SharedRandom::next() const {
  if (seed_) return split_mix(*seed_, draws_->fetch_add(1));
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
