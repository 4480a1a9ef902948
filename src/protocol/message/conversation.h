// Conversation is a message protocol, free of I/O: what is answered to each message of one peer,
// and when it is over. Two drivers carry any of them: over a stream (converse.h) and over datagrams
// (datagram_server.h).
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
    std::optional<std::string> text;  // empty text is an answer, nothing is none
    bool over = false;                // over a stream, the connection ends now
  };

  Conversation() = default;
  virtual ~Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Said unasked, where the transport lets the server speak first: over a stream.
  virtual std::optional<std::string> greeting() { return std::nullopt; }
  // Is asked after it is over, too: a datagram may come twice, or late.
  virtual Answer answer(std::string_view message) = 0;
};

// A conversation with a new peer. Called from any thread or process of the server.
using NewConversation = std::function<std::unique_ptr<Conversation>()>;

}  // namespace netlab
