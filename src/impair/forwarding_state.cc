#include "impair/forwarding_state.h"

namespace netlab {

ForwardingState step(ForwardingState state, ForwardingEvent event) {
  if (is_over(state)) return state;
  switch (event) {
    case ForwardingEvent::sender_finished:
      return state == ForwardingState::open ? ForwardingState::draining : state;
    case ForwardingEvent::sender_gone:
      return ForwardingState::resetting;
    case ForwardingEvent::receiver_gone:
      return ForwardingState::broken;
    case ForwardingEvent::all_sent:
      break;
  }
  return state == ForwardingState::resetting ? ForwardingState::broken : ForwardingState::finished;
}

}  // namespace netlab
