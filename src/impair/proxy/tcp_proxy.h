// A relay stands between one client and its server, and makes the connection between them as bad as
// it was told (stream_link.h). It serves both directions in one thread, so that it can break both
// connections at any time; each end may finish writing while the other goes on.
#pragma once

#include <cstdint>
#include <string_view>

#include "impair/stream_link.h"
#include "transport/stream.h"

namespace netlab {

struct TcpProxy {
  StreamLinkSettings up;                              // from the client to the server
  StreamLinkSettings down;                            // and back
  Duration idle_timeout = std::chrono::seconds(300);  // when no byte has moved for so long
  int stop = -1;                                      // readable when all that is relayed shall end
};

struct ProxyResult {
  enum class CloseReason {
    finished,
    cut,
    reset,
    broken,
    idle,
    stopped
  };  // broken: by one of the ends

  CloseReason reason;
  std::uint64_t up;  // bytes that were sent on
  std::uint64_t down;
};

// Relays until both ends have finished, or something has ended it. Both must have sockets. What is
// to end in good order has been told that we finish writing; what is to break is reset when the
// streams are gone. Throws SystemError when the relay itself fails.
ProxyResult run_tcp_proxy(const TcpProxy& relay, Stream& client, Stream& server);

std::string_view text(ProxyResult::CloseReason reason);

}  // namespace netlab
