// UdpProxy forwards datagrams between the clients of a UDP server and the server, and impairs both
// directions (link.h). Each client has its own socket to the server, which identifies the client
// that a reply is for. One event loop in one thread does everything. A datagram's delay counts from
// when it was received.
#pragma once

#include <functional>
#include <optional>

#include "base/error.h"
#include "impair/proxy/flow.h"

namespace netlab {

// What the proxy did with one datagram.
struct ProxiedDatagram {
  Instant now;
  Direction direction;
  std::uint64_t flow;
  std::size_t size;
  Fate fate;
  int error = 0;  // errno if the datagram passed, but could not be sent
};

// A client that could not be added.
struct RejectedClient {
  Address address;
  std::optional<SystemError> error{};  // nullopt: there are `max_clients` already
};

struct UdpProxy {
  std::function<Fd()> bind;  // returns a bound UDP socket; called once
  Address server;
  LinkSettings up;  // all clients share rate and queue; the rest applies to each client separately
  LinkSettings down;
  std::uint64_t seed = 0;
  std::size_t max_clients = 256;  // datagrams of further clients are dropped and counted
  Duration idle_timeout = std::chrono::seconds(300);  // after which a client is dropped
  int stop = -1;                                      // readable once the proxy must stop

  std::function<void(const Address& local)> listening;  // called once, before the first datagram
  std::function<void(const Flow& flow)> on_client;      // called for each new client
  // Called for the first client that could not be added.
  std::function<void(const RejectedClient& client)> on_rejected;
  std::function<void(const ProxiedDatagram& datagram)> on_packet;  // may be empty
  std::function<void()> on_idle = [] {};  // called before each wait for events
};

// Statistics of one direction, in datagrams except `bytes`.
struct DirectionCounts {
  std::uint64_t received = 0;
  std::uint64_t bytes = 0;
  std::uint64_t passed = 0;
  // Lost on purpose.
  std::uint64_t lost = 0;
  std::uint64_t dropped = 0;
  // Passed, but changed on purpose.
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t corrupted = 0;
  // Lost unintentionally.
  std::uint64_t overflowed = 0;  // a queue of the proxy was full
  std::uint64_t missed = 0;      // the socket's receive buffer was full; not counted in `received`
  std::uint64_t unsent = 0;      // the kernel could not send it
};

struct ProxyCounts {
  DirectionCounts up;
  DirectionCounts down;
  std::uint64_t clients = 0;
  std::uint64_t rejected = 0;   // datagrams of clients that could not be added
  std::uint64_t refused = 0;    // ICMP port-unreachable errors from the server's host
  std::uint64_t in_flight = 0;  // datagrams still delayed when the proxy stopped
};

// Forwards until `stop` is readable. Throws what `bind` throws, and SystemError.
ProxyCounts run_udp_proxy(const UdpProxy& proxy);

}  // namespace netlab
