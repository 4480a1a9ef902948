// Carries a Conversation over datagrams: one for each peer, dropped when the peer has been idle,
// and bounded in number.
#pragma once

#include "base/event.h"
#include "protocol/message/conversation.h"
#include "transport/datagram_socket.h"

namespace netlab {

// Two servers that answer whatever comes would answer each other for ever, once a forged datagram
// has set them on (CERT VU#417980). Answers leave with this many hops to live, and what arrives
// with no more is taken for another server's answer: clients start with 64 or more (RFC 1700).
inline constexpr int reply_ttl = 32;

struct DatagramTalk {
  NewConversation begin;
  bool stateless = false;  // nothing is kept of a peer: one conversation serves all
  EventSink sink;
  std::size_t max_peers = 1024;                       // further ones get no answer
  Duration idle_timeout = std::chrono::seconds(300);  // after which a peer is forgotten
  bool once = false;  // ends with the first conversation; stateless, with the first answer
};

// Serves until it has ended once, or throws SystemError: ECANCELED when the server is stopped,
// ETIMEDOUT when it is to serve once and nobody is left to end a conversation with.
void converse(const DatagramTalk& talk, DatagramSocket& datagrams);

// Why a datagram must not be answered; empty when it may be. `own_port`: the server's.
std::string_view unanswerable(const Datagram& message, std::uint16_t own_port);

}  // namespace netlab
