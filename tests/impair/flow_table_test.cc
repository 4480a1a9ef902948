#include "impair/proxy/flow_table.h"

#include <gtest/gtest.h>

#include "socket/syscalls.h"
#include "support/start.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class FlowTableTest : public testing::Test {
 protected:
  // The socket is any descriptor.
  Flow& add(std::uint16_t port, Instant now) {
    Flow& flow = table_.add({.number = port,
                             .client = Address::loopback(port),
                             .local = {},
                             .server = call::event_descriptor(),
                             .up = Link({}, 0, 0),
                             .down = Link({}, 0, 0)});
    table_.touch(flow, now);
    return flow;
  }
  // Returns the number of the flow that has expired, or 0.
  std::uint64_t expired(Instant now) {
    const auto flow = table_.take_expired(now);
    return flow ? flow->number : 0;
  }

  FlowTable table_{3, 10s};
};

TEST_F(FlowTableTest, StartsEmpty) {
  EXPECT_FALSE(table_.full());
  EXPECT_EQ(table_.find(Address::loopback(1)), nullptr);
  EXPECT_EQ(table_.next_expiry(), never);
  EXPECT_EQ(expired(start + 1h), 0u);
}

TEST_F(FlowTableTest, FindsFlowsByClientAndBySocket) {
  Flow& one = add(1, start);
  Flow& two = add(2, start);
  EXPECT_EQ(table_.find(Address::loopback(1)), &one);
  EXPECT_EQ(table_.find(Address::loopback(2)), &two);
  EXPECT_EQ(table_.find(Address::any_v4(1)), nullptr);
  EXPECT_EQ(&table_.at(one.server.get()), &one);
  EXPECT_EQ(&table_.at(two.server.get()), &two);
}

TEST_F(FlowTableTest, IsFullUntilAFlowExpires) {
  for (const std::uint16_t port : {1, 2, 3}) add(port, start);
  EXPECT_TRUE(table_.full());
  EXPECT_EQ(expired(start + 10s), 1u);
  EXPECT_FALSE(table_.full());
  EXPECT_EQ(table_.find(Address::loopback(1)), nullptr);
  EXPECT_EQ(table_.flows().size(), 2u);
}

TEST_F(FlowTableTest, ExpiresTheLongestIdleFirst) {
  Flow& one = add(1, start);
  add(2, start + 1s);
  table_.touch(one, start + 2s);
  EXPECT_EQ(table_.next_expiry(), start + 11s);
  EXPECT_EQ(expired(start + 10s), 0u);
  EXPECT_EQ(expired(start + 11s), 2u);
  EXPECT_EQ(table_.next_expiry(), start + 12s);
  EXPECT_EQ(expired(start + 20s), 1u);
  EXPECT_EQ(expired(start + 20s), 0u);
}

TEST_F(FlowTableTest, KeepsAFlowWithDatagramsInFlight) {
  Flow& one = add(1, start);
  add(2, start + 1s);
  one.batches_in_flight = 1;
  EXPECT_EQ(expired(start + 11s), 2u);
  EXPECT_EQ(expired(start + 11s), 0u);
  EXPECT_EQ(table_.next_expiry(), start + 21s);
  one.batches_in_flight = 0;
  EXPECT_EQ(expired(start + 21s), 1u);
}

}  // namespace
}  // namespace netlab
