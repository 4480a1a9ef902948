#include "impair/forwarding_state.h"

#include <gtest/gtest.h>

#include <array>

namespace netlab {
namespace {

using enum ForwardingState;
using enum ForwardingEvent;

TEST(ForwardingState, FollowsItsTable) {
  struct Row {
    ForwardingState from;
    ForwardingEvent event;
    ForwardingState to;
  };
  constexpr std::array rows{
      Row{open, sender_finished, draining},        //
      Row{open, sender_gone, resetting},           //
      Row{open, receiver_gone, broken},            //
      Row{draining, sender_finished, draining},    //
      Row{draining, sender_gone, resetting},       //
      Row{draining, receiver_gone, broken},        //
      Row{draining, all_sent, finished},           //
      Row{resetting, sender_finished, resetting},  //
      Row{resetting, sender_gone, resetting},      //
      Row{resetting, receiver_gone, broken},       //
      Row{resetting, all_sent, broken},
  };
  for (const Row& row : rows) EXPECT_EQ(step(row.from, row.event), row.to) << &row - rows.data();
}

TEST(ForwardingState, StaysOver) {
  for (const ForwardingState state : {finished, broken}) {
    EXPECT_TRUE(is_over(state));
    for (const ForwardingEvent event : {sender_finished, sender_gone, receiver_gone, all_sent})
      EXPECT_EQ(step(state, event), state);
  }
  for (const ForwardingState state : {open, draining, resetting}) EXPECT_FALSE(is_over(state));
}

// A sender that is gone receives nothing more, so its other direction is broken. The connection is
// over once the bytes it had sent have arrived.
TEST(ForwardingState, LosingOneEndpointEndsBothDirections) {
  ForwardingState up = step(open, sender_gone);
  const ForwardingState down = step(open, receiver_gone);
  EXPECT_TRUE(is_over(down));
  EXPECT_FALSE(is_over(up));
  up = step(up, sender_finished);
  EXPECT_TRUE(is_over(step(up, all_sent)));
}

}  // namespace
}  // namespace netlab
