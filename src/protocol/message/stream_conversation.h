// Runs a Conversation over a stream. A stream has no message boundaries: a Framing adds them.
#pragma once

#include "base/event.h"
#include "protocol/message/conversation.h"
#include "transport/network.h"

namespace netlab {

// Framing splits the bytes of a stream into messages, and frames those that are sent.
class Framing {
 public:
  Framing() = default;
  virtual ~Framing() = default;
  Framing(const Framing&) = delete;
  Framing& operator=(const Framing&) = delete;

  // Returns the next message, or nullopt at the end of the stream. The stream's deadline applies to
  // its first byte. Throws SystemError; ProtocolError if the message is too long.
  virtual std::optional<std::string> read(Stream& stream, Network& network) = 0;
  // Returns the bytes to send for a message.
  virtual std::string framed(std::string message) const { return message; }
};

struct Talk {
  EventSink sink;
  Duration idle_timeout = std::chrono::seconds(300);  // between two messages
  Duration stall_timeout = std::chrono::seconds(60);  // for the client to receive a reply
};

// Sends the greeting, replies to each message until the conversation is over or the client has
// finished, then ends with a lingering close (lingering_close.h). Throws what the framing throws.
void converse(const Talk& talk, Conversation& conversation, Framing& framing, Stream& client,
              Network& network);

}  // namespace netlab
