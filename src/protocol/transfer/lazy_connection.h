// LazyConnection connects on first use. A client that connects and exits without sending anything,
// e.g. after a usage error, makes the lab sheet's own server loop forever.
#pragma once

#include <memory>

#include "transport/network.h"

namespace netlab {

class LazyConnection {
 public:
  explicit LazyConnection(Connect connect) : connect_(std::move(connect)) {}
  const Connect& connect() const { return connect_; }

  // Returns the stream; connects if there is none. Throws what Connect throws.
  Stream& get();
  // Sets the deadline of the current stream and of later ones.
  void set_deadline(Instant deadline);
  // Closes the connection; the next get() opens a new one.
  void drop() { stream_.reset(); }

 private:
  Connect connect_;
  std::unique_ptr<Stream> stream_;
  Instant deadline_ = never;
};

}  // namespace netlab
