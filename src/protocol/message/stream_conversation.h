// Carries a Conversation over a stream. A stream has no messages: a Framing tells them apart.
#pragma once

#include "base/event.h"
#include "protocol/message/conversation.h"
#include "transport/network.h"

namespace netlab {

// How one end's messages are told apart in the bytes of a stream.
class Framing {
 public:
  Framing() = default;
  virtual ~Framing() = default;
  Framing(const Framing&) = delete;
  Framing& operator=(const Framing&) = delete;

  // The next message; nothing when the peer has finished. The first byte has the deadline that the
  // stream has. Throws SystemError; ProtocolError for a message that is too long.
  virtual std::optional<std::string> read(Stream& stream, Network& network) = 0;
  // The bytes that a message is sent as.
  virtual std::string framed(std::string message) const { return message; }
};

struct Talk {
  EventSink sink;
  Duration idle_timeout = std::chrono::seconds(300);  // between two messages
  Duration stall_timeout = std::chrono::seconds(60);  // for the client to take an answer
};

// From the greeting to the end, and lingers. Throws what the framing throws.
void converse(const Talk& talk, Conversation& conversation, Framing& framing, Stream& client,
              Network& network);

}  // namespace netlab
