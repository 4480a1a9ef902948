// ProxiedHostCounter counts the connections of the hosts that a proxy tells, whose own are all of
// one host: a client can't take every place by coming through it. The count is shared by all
// processes and threads of a server that are started later.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/address.h"

namespace netlab {

class ProxiedHostCounter {
 public:
  // So many of each, loopback exempt. Throws SystemError.
  explicit ProxiedHostCounter(std::size_t most);

  // A connection's, while it lasts.
  class Slot {
   public:
    // Throws ProtocolError when the client's host has too many already.
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
