// Conversation is the server side of a message protocol, free of I/O: it maps each message of one
// peer to a reply, and decides when the exchange is over. Two drivers run any Conversation: over a
// stream (stream_conversation.h) and over datagrams (datagram_conversations.h). The driver owns it
// and calls it from one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace netlab {

class Conversation {
 public:
  struct Answer {
    std::optional<std::string> text;  // nullopt: no reply; an empty text is a reply
    bool over = false;                // the conversation is over; a stream is then closed
  };

  Conversation() = default;
  virtual ~Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Sent before the first message, if the transport lets the server send first: over a stream.
  virtual std::optional<std::string> greeting() { return std::nullopt; }
  // Returns the reply to a message. Also called after the conversation is over, because a datagram
  // may arrive late or twice.
  virtual Answer answer(std::string_view message) = 0;
};

// Creates the conversation with a new peer. Called from any thread or process of the server.
using NewConversation = std::function<std::unique_ptr<Conversation>()>;

}  // namespace netlab
