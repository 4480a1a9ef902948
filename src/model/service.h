// Service describes a stream server: its transport, the handler it runs for each client, its limits
// and its callbacks. It is the same for every serving model.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "transport/network.h"
#include "transport/transports.h"

namespace netlab {

// Serves one client from its first byte to its last. Throws SystemError or ProtocolError on
// failure.
using Handler = std::function<void(Stream& client, Network& network)>;

struct Limits {
  std::size_t max_clients = 256;  // at once; more wait in the listener's backlog
  std::size_t max_per_host = 32;  // at once, from one address other than loopback; more are closed
  std::string max_per_host_name{};  // what the user calls max_per_host, for messages
  Duration idle_timeout = std::chrono::seconds(300);  // how long to wait for a client's first byte
  Duration grace = std::chrono::seconds(5);           // from the stop until sessions are aborted
};

struct Service {
  const Transport& transport;
  // Creates the listener, or adopts a listening socket. Called once.
  std::function<std::unique_ptr<Listener>(Network&)> listen;
  Handler handle;
  Limits limits;
  bool once = false;  // serve one client, then end
  // Set for protocols in which the server sends first. Otherwise an event loop gives a client a
  // stack only when its first bytes arrive.
  bool server_speaks_first = false;
  // A descriptor that becomes readable to stop the server; take_stop() consumes one request. A
  // second request ends the sessions at once.
  int stop = -1;

  // Called once, before the first accept.
  std::function<void(const Listener&)> listening;
  // Called once, on the first request to stop, by any thread.
  std::function<void()> stopping = [] {};
  // A session failed. Called by any thread or process of the server.
  std::function<void(const Address& client, const std::string& why)> failed;
};

// The reason reported, under every model, for a session aborted because the server stops.
inline constexpr const char* session_aborted = "aborted: the server is stopping";

// Reports to service.failed that the session failed with `error`.
void session_failed(const Service& service, const Address& client, const std::exception& error);

// Runs the handler for one client and closes the stream. Returns whether the handler succeeded.
bool serve_client(const Service& service, Stream& client, Network& network);

// Sets the deadline for the client's first byte, counted from now, right after accept().
void start_deadline(const Service& service, Stream& client, const Network& network);

}  // namespace netlab
