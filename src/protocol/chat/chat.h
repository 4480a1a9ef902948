// Chat is the lab sheet's conversation over TCP: the client sends a message, the server answers
// with one. The sheet's client neither ends its message nor finishes writing, so that only a pause
// tells that it is whole.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/event.h"
#include "transport/network.h"

namespace netlab {

inline constexpr std::size_t max_message = 16 * 1024 * 1024;

struct Chat {
  // The reply to the client's message; nothing: there is none.
  std::function<std::optional<std::string>(const std::string& message)> reply;
  EventSink sink;
  Duration pause = std::chrono::milliseconds(100);    // which ends a message
  Duration stall_timeout = std::chrono::seconds(60);  // for message and reply each
};

// Throws SystemError; ProtocolError for a message of more than max_message bytes.
void serve_chat(const Chat& chat, Stream& client, Network& network);

// The client's side. A thread of its own sends, so that messages of any size fit through an echo;
// what comes back goes to `take` until the server has finished.
struct Exchange {
  std::string message;
  int input = -1;  // a descriptor whose bytes, to their end, follow the message; -1: none
  std::function<void(std::span<const std::byte> bytes)> take;
  Duration response_timeout = std::chrono::seconds(10);  // how long neither side may move a byte
};

// Throws SystemError and what `take` throws.
void exchange_messages(const Exchange& exchange, Stream& server, Network& network);

}  // namespace netlab
