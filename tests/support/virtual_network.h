// VirtualNetwork is a Network without sockets, in virtual time. Time advances only in
// sleep_until(), which returns at once.
#pragma once

#include <algorithm>
#include <atomic>

#include "base/error.h"
#include "transport/network.h"

namespace netlab {

class VirtualNetwork : public Network {
 public:
  std::unique_ptr<Listener> listen(const Address&) override {
    throw SystemError("listen", EOPNOTSUPP);
  }
  std::unique_ptr<Listener> adopt(Fd) override { throw SystemError("accept", EOPNOTSUPP); }
  std::unique_ptr<Stream> connect(const Address&, Instant) override {
    throw SystemError("connect", EOPNOTSUPP);
  }
  Instant now() const override { return now_; }
  void sleep_until(Instant instant) override { now_ = std::max(now(), instant); }

  Duration passed() const { return now() - start; }

 private:
  static constexpr Instant start = Instant(std::chrono::hours(1));

  std::atomic<Instant> now_ = start;  // exchange_messages() uses two threads
};

}  // namespace netlab
