// LazyConnection connects when there is something to say: the lab sheet's own server spins for ever
// on a client that connects and, because its user gave a bad option, says nothing.
#pragma once

#include <memory>

#include "transport/network.h"

namespace netlab {

class LazyConnection {
 public:
  explicit LazyConnection(Connect connect) : connect_(std::move(connect)) {}
  const Connect& connect() const { return connect_; }

  // Connected, from the first call on. Throws what connect throws.
  Stream& get();
  // Until when calls on it wait.
  void set_deadline(Instant deadline);
  // The next call connects anew.
  void drop() { stream_.reset(); }

 private:
  Connect connect_;
  std::unique_ptr<Stream> stream_;
  Instant deadline_ = never;
};

}  // namespace netlab
