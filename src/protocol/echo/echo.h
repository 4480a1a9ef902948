// Echo sends back what comes until the client finishes (RFC 862); a client that finishes writing
// and goes on reading gets all of it.
#pragma once

#include "base/event.h"
#include "protocol/message/conversation.h"
#include "transport/network.h"

namespace netlab {

struct Echo {
  EventSink sink;
  Duration idle_timeout = std::chrono::seconds(300);  // between two pieces
  Duration stall_timeout = std::chrono::seconds(60);  // for the client to take a piece
};

void serve_echo(const Echo& echo, Stream& client, Network& network);

// An echo of messages: one of them serves any number of peers.
class MessageEcho : public Conversation {
 public:
  Answer answer(std::string_view message) override { return {std::string(message)}; }
};

}  // namespace netlab
