// Runs Conversations over datagrams: one for each peer. Their number is bounded, and one whose peer
// is idle for too long is dropped.
#pragma once

#include "base/event.h"
#include "protocol/message/conversation.h"
#include "transport/datagram_socket.h"

namespace netlab {

// TTL of replies. Two servers that reply to every datagram would reply to each other forever, once
// a forged datagram has started the loop (CERT VU#417980). A datagram that arrives with this TTL or
// a lower one is therefore taken for another server's reply: clients start at 64 or more (RFC
// 1700).
inline constexpr int reply_ttl = 32;

struct DatagramTalk {
  NewConversation begin;
  bool stateless = false;  // no state per peer: one conversation serves all of them
  EventSink sink;
  std::size_t max_peers = 1024;                        // further peers get no reply
  std::string_view too_many_peers = "too many peers";  // the reason logged for a further peer
  Duration idle_timeout = std::chrono::seconds(300);   // after which a peer is dropped
  bool once = false;  // return after the first conversation or, if stateless, the first reply
};

// Serves peers. Returns only if `once` is set. Throws SystemError: ECANCELED when the server is
// stopped; ETIMEDOUT if `once` is set and the last peer has been dropped as idle.
void converse(const DatagramTalk& talk, DatagramSocket& datagrams);

// Returns why the server must not reply to a datagram; empty if it may. `own_port` is the port of
// the server.
std::string_view unanswerable(const Datagram& message, std::uint16_t own_port);

}  // namespace netlab
