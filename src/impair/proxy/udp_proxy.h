// UdpProxy stands between the clients of a server of messages and the server, and makes the
// network between them as bad as it was told (link.h). Each client gets a socket of its own towards
// the server, by which the answers find their way back. One loop does everything; nobody's time is
// measured but by when a datagram has come in.
#pragma once

#include <functional>

#include "impair/proxy/flow.h"

namespace netlab {

// What was done with a datagram.
struct ProxiedDatagram {
  Instant now;
  Direction direction;
  std::uint64_t flow;
  std::size_t size;
  Fate fate;
  int error = 0;  // it had passed, but the kernel did not take it: errno
};

struct UdpProxy {
  std::function<Fd()> bind;  // gives a socket for messages that is bound; called once
  Address server;
  LinkSettings up;  // each client's own, but for rate and queue, which all share
  LinkSettings down;
  std::uint64_t seed = 0;
  std::size_t max_clients = 256;  // datagrams of further ones are dropped, and counted
  Duration idle_timeout = std::chrono::seconds(300);  // after which a client is forgotten
  int stop = -1;                                      // readable when the relay shall stop

  std::function<void(const Address& local)> listening;  // once, before the first datagram
  std::function<void(const Flow& flow)> on_client;      // a new client
  std::function<void(const ProxiedDatagram& datagram)> on_packet;  // empty: nobody wants to know
  std::function<void()> on_idle = [] {};  // there is nothing to do just now
};

// What went by in one direction, in datagrams.
struct DirectionCounts {
  std::uint64_t came = 0;
  std::uint64_t bytes = 0;
  std::uint64_t passed = 0;
  // On order: these did not pass, ...
  std::uint64_t lost = 0;
  std::uint64_t dropped = 0;
  // ... and these passed, but not as they came.
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t corrupted = 0;
  // Nobody asked for these losses: a queue of ours was full; the kernel had dropped it before we
  // could receive it (it counts in none of those above); the kernel did not send it.
  std::uint64_t overflowed = 0;
  std::uint64_t missed = 0;
  std::uint64_t unsent = 0;
};

struct ProxyCounts {
  DirectionCounts up;
  DirectionCounts down;
  std::uint64_t clients = 0;
  std::uint64_t rejected = 0;   // datagrams of clients for which there was no place
  std::uint64_t refused = 0;    // how often the server's host said that nobody listens there
  std::uint64_t in_flight = 0;  // when it stopped
};

// Relays until it is stopped. Throws what binding throws.
ProxyCounts run_udp_proxy(const UdpProxy& relay);

}  // namespace netlab
