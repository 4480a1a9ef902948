#include "model/host_counter.h"

#include <sys/mman.h>

#include <functional>
#include <random>
#include <string>

#include "base/error.h"

namespace netlab {
namespace {

using Count = std::atomic<std::uint32_t>;
static_assert(Count::is_always_lock_free, "a lock would not work across processes");

// A host's count is chosen by a hash with a random seed, so a client cannot choose a host to
// collide with. Hosts that collide by chance share one limit.
constexpr std::size_t counts = 65'536;

}  // namespace

ProxiedHostCounter::ProxiedHostCounter(std::size_t max)
    : max_(max), seed_(std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()) {
  void* const memory = mmap(nullptr, counts * sizeof(Count), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw SystemError("mmap");
  counts_.reset(static_cast<Count*>(memory));  // all zero, as mmap(2) returns it
}

void ProxiedHostCounter::Unmap::operator()(Count* memory) const {
  munmap(memory, counts * sizeof *memory);
}

ProxiedHostCounter::Slot::Slot(const ProxiedHostCounter& hosts, const Address& client) {
  if (client.is_loopback()) return;
  const std::string key = std::to_string(hosts.seed_) + client.host_key();
  Count& count = hosts.counts_[std::hash<std::string>{}(key) % counts];
  const std::uint32_t before = count.fetch_add(1);
  if (before >= hosts.max_) {
    count.fetch_sub(1);
    throw ProtocolError("refused: this host already has " + std::to_string(before) +
                        " connections (--max-per-host)");
  }
  count_ = &count;
}

ProxiedHostCounter::Slot::~Slot() {
  if (count_) count_->fetch_sub(1);
}

}  // namespace netlab
