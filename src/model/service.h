// Service is what a server does for one client and what bounds it: the same for every serving
// model.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "transport/network.h"
#include "transport/transports.h"

namespace netlab {

// One client from its first byte to its last. Throws SystemError or ProtocolError when that failed.
using Handler = std::function<void(Stream& client, Network& network)>;

struct Limits {
  std::size_t max_clients = 256;  // at once; more wait in the listener's queue
  std::size_t max_per_host = 32;  // at once, from one address other than loopback; more are closed
  Duration first_byte = std::chrono::seconds(300);  // how long a client may say nothing
  Duration grace = std::chrono::seconds(5);         // from the stop until sessions are cut
};

struct Service {
  const Transport& transport;
  // Makes the listener, or takes over the socket of one. Called once.
  std::function<std::unique_ptr<Listener>(Network&)> listen;
  Handler handle;
  Limits limits;
  bool once = false;  // serve one client, then end
  // Of protocols in which the server says the first word. Else a client of an event loop costs a
  // stack only once its first bytes have come.
  bool server_speaks_first = false;
  // A descriptor that becomes readable when the server shall stop; what was asked is taken with
  // take_stop(). Asked twice, it ends at once.
  int stop = -1;

  // Once, before the first accept.
  std::function<void(const Listener&)> listening;
  // Once, when it was first asked to stop; by any thread.
  std::function<void()> stopping = [] {};
  // A session ended badly. Called by any thread or process of the server.
  std::function<void(const Address& client, const std::string& why)> failed;
};

// Why a session failed that did not end by itself when the server stopped, under each model.
inline constexpr const char* session_aborted = "cut off: the server stops";

// A session ended badly.
void session_failed(const Service& service, const Address& client, const std::exception& error);

// Runs the handler for one client, from its first byte. Returns whether that went well.
bool serve_client(const Service& service, Stream& client, Network& network);

// The deadline of the client's first byte: it runs from accept on.
void start_deadline(const Service& service, Stream& client, const Network& network);

}  // namespace netlab
