#include "transport/reliable/timers.h"

#include <gtest/gtest.h>

#include "support/start.h"

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

TEST(ConnectionTimers, NoneRunsAtTheStart) {
  Timers timers;
  EXPECT_EQ(timers.next(), never);
  EXPECT_FALSE(timers.is_running(Timer::handshake));
  EXPECT_FALSE(timers.is_running(Timer::closing));
  EXPECT_EQ(timers.take_expired(start + 24h), std::nullopt);
}

TEST(ConnectionTimers, TheNextIsTheEarliest) {
  Timers timers;
  timers.set(Timer::idle, start + 3s);
  timers.set(Timer::closing, start + 1s);
  timers.set(Timer::hello, start + 2s);
  EXPECT_EQ(timers.next(), start + 1s);
  timers.stop(Timer::closing);
  EXPECT_EQ(timers.next(), start + 2s);
  timers.set(Timer::hello, start + 4s);
  EXPECT_EQ(timers.next(), start + 3s);
  timers.stop_all();
  EXPECT_EQ(timers.next(), never);
}

TEST(ConnectionTimers, ExpireAtTheirDeadlines) {
  Timers timers;
  timers.set(Timer::keep_alive, start + 1s);
  EXPECT_TRUE(timers.is_running(Timer::keep_alive));
  EXPECT_EQ(timers.take_expired(start + 1s - 1ns), std::nullopt);
  EXPECT_EQ(timers.take_expired(start + 1s), Timer::keep_alive);
  EXPECT_FALSE(timers.is_running(Timer::keep_alive));
  EXPECT_EQ(timers.take_expired(start + 1s), std::nullopt);
}

// A timeout ends the connection, so nothing that is due at the same time matters.
TEST(ConnectionTimers, ExpireInTheOrderOfTheEnumeration) {
  Timers timers;
  timers.set(Timer::hello, start + 1s);
  timers.set(Timer::handshake, start + 2s);
  timers.set(Timer::closing, start + 4s);
  EXPECT_EQ(timers.take_expired(start + 3s), Timer::handshake);
  EXPECT_EQ(timers.take_expired(start + 3s), Timer::hello);
  EXPECT_EQ(timers.take_expired(start + 3s), std::nullopt);
  EXPECT_EQ(timers.next(), start + 4s);
}

}  // namespace
}  // namespace netlab::reliable
