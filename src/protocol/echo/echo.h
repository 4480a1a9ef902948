// Echo sends back each byte it receives until the client finishes (RFC 862). A client that
// half-closes its connection and keeps reading receives all of its bytes.
#pragma once

#include "base/event.h"
#include "protocol/message/conversation.h"
#include "transport/network.h"

namespace netlab {

struct Echo {
  EventSink sink;
  Duration idle_timeout = std::chrono::seconds(300);  // between two reads
  Duration stall_timeout = std::chrono::seconds(60);  // for the client to receive a piece
};

void serve_echo(const Echo& echo, Stream& client, Network& network);

// Echoes messages. It has no state, so one object serves any number of peers.
class MessageEcho : public Conversation {
 public:
  Answer answer(std::string_view message) override { return {std::string(message)}; }
};

}  // namespace netlab
