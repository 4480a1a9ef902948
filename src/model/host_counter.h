// ProxiedHostCounter limits the connections per client host behind a proxy, which reports each
// client's address. All of a proxy's connections have its own address, so Admission cannot
// distinguish its clients. The counts are shared by all processes and threads started after its
// construction.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/address.h"

namespace netlab {

class ProxiedHostCounter {
 public:
  // At most `max` connections per host; loopback is exempt. Throws SystemError.
  explicit ProxiedHostCounter(std::size_t max);

  // Counts one connection for its lifetime.
  class Slot {
   public:
    // Throws ProtocolError if the client's host already has too many connections.
    Slot(const ProxiedHostCounter& hosts, const Address& client);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    std::atomic<std::uint32_t>* count_ = nullptr;
  };

 private:
  struct Unmap {
    void operator()(std::atomic<std::uint32_t>* counts) const;
  };

  std::size_t max_;
  std::uint64_t seed_;
  std::unique_ptr<std::atomic<std::uint32_t>[], Unmap> counts_;
};

}  // namespace netlab
