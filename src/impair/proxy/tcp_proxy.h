// TcpProxy forwards bytes between one client and its server, and impairs both directions
// (stream_link.h). One thread serves both directions, so it can break both connections at any time.
// Each endpoint may half-close its connection while the other continues to send.
#pragma once

#include <cstdint>
#include <string_view>

#include "impair/stream_link.h"
#include "transport/stream.h"

namespace netlab {

struct TcpProxy {
  StreamLinkSettings up;                              // from the client to the server
  StreamLinkSettings down;                            // from the server to the client
  Duration idle_timeout = std::chrono::seconds(300);  // without a byte in either direction
  int stop = -1;                                      // readable once the proxy must stop
};

struct ProxyResult {
  enum class CloseReason {
    finished,  // both endpoints finished writing
    cut,       // by StreamLinkSettings::cut_after
    reset,     // by StreamLinkSettings::reset_after
    broken,    // by the client or the server
    idle,
    stopped,
  };

  CloseReason reason;
  std::uint64_t up;  // bytes forwarded to the server
  std::uint64_t down;
};

// Forwards until both endpoints have finished or another CloseReason applies. Throws
// std::bad_cast if a stream does not use TCP. Before it returns, it half-closes both connections
// (finished, cut, idle) or resets them. Throws SystemError if the proxy itself fails.
ProxyResult run_tcp_proxy(const TcpProxy& proxy, Stream& client, Stream& server);

std::string_view text(ProxyResult::CloseReason reason);

}  // namespace netlab
