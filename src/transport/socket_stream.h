// SocketStream is what the streams of TCP and of the reliable transport have in common: a socket of
// their own, and a Performer that waits for it.
#pragma once

#include "transport/performer.h"
#include "transport/stream.h"

namespace netlab {

class SocketStream : public Stream {
 public:
  std::optional<Operation> first_wait() override;
  Address local() const override;

 protected:
  // The performer must outlive the stream.
  SocketStream(Performer& performer, Fd socket, const Address& peer);
  ~SocketStream() override;

  Performer& performer_;
  Socket socket_;
};

}  // namespace netlab
