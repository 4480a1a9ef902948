// VirtualNetwork is a world without sockets whose time passes only when it is told to: nothing that
// runs in it waits.
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

  std::atomic<Instant> now_ = start;  // the exchange of messages has two threads
};

}  // namespace netlab
