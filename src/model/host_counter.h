// ProxiedHostCounter limits the connections per client host behind a proxy, which reports each
// client's address. All of a proxy's connections have its own address, so Admission cannot
// distinguish its clients. The counts are shared by all processes and threads started after its
// construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/address.h"
#include "socket/shared_counters.h"

namespace netlab {

class ProxiedHostCounter {
 public:
  // At most `max` connections per host; loopback is exempt. `max_name` is what the user calls the
  // limit, for messages. Throws SystemError.
  ProxiedHostCounter(std::size_t max, const std::string& max_name);

  // Counts one connection for its lifetime.
  class Slot {
   public:
    // Throws ProtocolError if the client's host already has too many connections.
    Slot(const ProxiedHostCounter& hosts, const Address& client);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    SharedCounters::Counter* count_ = nullptr;
  };

 private:
  std::size_t max_;
  std::string max_name_;
  // A host's count is chosen by a hash with a random seed, so a client cannot choose a host to
  // collide with. Hosts that collide by chance share one limit.
  std::uint64_t seed_;
  SharedCounters counts_{65'536};
};

}  // namespace netlab
