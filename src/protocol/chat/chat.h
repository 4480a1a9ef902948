// Chat is the lab sheet's message exchange over TCP: the client sends one message, the server sends
// one reply. The sheet's client neither terminates its message nor half-closes the connection, so
// only a pause marks the end of the message.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/event.h"
#include "transport/network.h"

namespace netlab {

inline constexpr std::size_t max_message = 16 * 1024 * 1024;

struct Chat {
  // Returns the reply to the client's message; nullopt: no reply.
  std::function<std::optional<std::string>(const std::string& message)> reply;
  EventSink sink;
  Duration pause = std::chrono::milliseconds(100);    // silence that ends a message
  Duration stall_timeout = std::chrono::seconds(60);  // for the message and for the reply
};

// Serves one client: the server side. Throws SystemError; ProtocolError for a message of more than
// max_message bytes.
void serve_chat(const Chat& chat, Stream& client, Network& network);

// The client side. It sends from a separate thread, because a large message to an echo server would
// otherwise deadlock: both ends would block in send. The calling thread passes the received bytes
// to `take` until the server has finished.
struct Exchange {
  std::string message;
  int input = -1;  // descriptor to send up to its end of file after the message; -1: none
  std::function<void(std::span<const std::byte> bytes)> take;
  Duration response_timeout = std::chrono::seconds(10);  // without a byte in either direction
};

// Throws SystemError and what `take` throws.
void exchange_messages(const Exchange& exchange, Stream& server, Network& network);

}  // namespace netlab
