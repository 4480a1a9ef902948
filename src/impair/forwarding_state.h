// ForwardingState is how far one direction of a proxied connection has got: from the first byte to
// the FIN or the reset that ends it. A direction has a sender and a receiver; if one of them is
// gone (reset, or its host unreachable), both directions of the connection are affected. No
// sockets.
#pragma once

namespace netlab {

enum class ForwardingState {
  open,       // the sender may send more
  draining,   // the sender has finished: the bytes in flight are still sent, then a FIN
  resetting,  // the sender is gone: what it had sent is still received and sent, then a reset
  finished,   // the FIN was sent
  broken,     // the receiver is gone, or must be reset now
};

enum class ForwardingEvent {
  sender_finished,  // it sent a FIN
  sender_gone,
  receiver_gone,
  all_sent,  // everything before the end of the direction was sent
};

ForwardingState step(ForwardingState state, ForwardingEvent event);

// Whether nothing more is sent.
constexpr bool is_over(ForwardingState state) {
  return state == ForwardingState::finished || state == ForwardingState::broken;
}

}  // namespace netlab
