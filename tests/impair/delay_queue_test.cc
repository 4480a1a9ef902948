#include "impair/proxy/delay_queue.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/datagram_limits.h"
#include "socket/datagram_io.h"
#include "support/start.h"

namespace netlab {
namespace {

Instant at_millisecond(int tick) {
  return start + std::chrono::milliseconds(tick);
}

Flow flow_of(std::uint64_t number) {
  return {.number = number,
          .client = {},
          .local = {},
          .server = {},
          .up = Link({}, 0, 0),
          .down = Link({}, 0, 0)};
}

class DelayQueueTest : public testing::Test {
 protected:
  void add(int tick, const std::string& text, Flow& flow) {
    queue_.add(at_millisecond(tick), flow, Direction::up, ++ordinal_, bytes_of(text));
  }
  // Takes the next batch at the time that it is due.
  std::string take() { return take(queue_.next()); }
  std::string take(Instant now) {
    const DelayedBatch batch = queue_.take(now);
    count_ = batch.count();
    return {reinterpret_cast<const char*>(batch.bytes.data()), batch.bytes.size()};
  }

  Flow one_ = flow_of(1);
  Flow other_ = flow_of(2);
  DelayQueue queue_;
  std::uint64_t ordinal_ = 0;
  std::size_t count_ = 0;  // datagrams in the batch taken last
};

TEST_F(DelayQueueTest, StartsEmpty) {
  EXPECT_EQ(queue_.next(), never);
  EXPECT_EQ(queue_.datagrams(), 0u);
}

TEST_F(DelayQueueTest, OrdersByTimeThenByArrival) {
  add(3, "third", one_);
  add(1, "a", one_);
  add(1, "b", other_);
  add(1, "c", one_);
  EXPECT_EQ(queue_.next(), at_millisecond(1));
  for (const char* text : {"a", "b", "c"}) EXPECT_EQ(take(), text);
  EXPECT_EQ(queue_.next(), at_millisecond(3));
  EXPECT_EQ(take(), "third");
  EXPECT_EQ(queue_.next(), never);
}

TEST_F(DelayQueueTest, JoinsEqualSizesAndASmallerLast) {
  for (const char* text : {"aaa", "bbb", "cc", "ddd"}) add(1, text, one_);
  EXPECT_EQ(one_.batches_in_flight, 2u);
  EXPECT_EQ(queue_.datagrams(), 4u);
  EXPECT_EQ(take(), "aaabbbcc");
  EXPECT_EQ(count_, 3u);
  EXPECT_EQ(take(), "ddd");
  EXPECT_EQ(one_.batches_in_flight, 0u);
}

TEST_F(DelayQueueTest, DoesNotJoinLargerOrEmptyDatagrams) {
  for (const char* text : {"a", "bb", "", ""}) add(1, text, one_);
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(take(), "bb");
  EXPECT_EQ(take(), "");
  EXPECT_EQ(count_, 1u);
  EXPECT_EQ(take(), "");
}

TEST_F(DelayQueueTest, DoesNotJoinOtherFlowsOrDuplicates) {
  add(1, "a", one_);
  add(1, "b", other_);
  --ordinal_;
  add(1, "b", other_);
  for (const char* text : {"a", "b", "b"}) EXPECT_EQ(take(), text);
}

TEST_F(DelayQueueTest, LimitsBatchesToWhatTheKernelAccepts) {
  for (std::size_t i = 0; i <= max_segments; ++i) add(1, "x", one_);
  EXPECT_EQ(take().size(), max_segments);
  EXPECT_EQ(take().size(), 1u);
  const std::string half(max_datagram / 2 + 1, 'x');
  add(1, half, one_);
  add(1, half, one_);
  EXPECT_EQ(take(), half);
  EXPECT_EQ(take(), half);
}

TEST_F(DelayQueueTest, JoinsEverythingThatIsDueWhenTaken) {
  for (int tick = 1; tick <= 4; ++tick)
    add(tick, std::string(2, static_cast<char>('0' + tick)), one_);
  EXPECT_EQ(take(at_millisecond(3)), "112233");
  EXPECT_EQ(count_, 3u);
  EXPECT_EQ(take(at_millisecond(3)), "44");
  EXPECT_EQ(one_.batches_in_flight, 0u);
}

TEST_F(DelayQueueTest, JoinsOnlyConsecutiveOrdinals) {
  add(1, "a", one_);
  ++ordinal_;  // one was lost
  add(1, "b", one_);
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(take(), "b");
}

TEST_F(DelayQueueTest, DoesNotJoinToATakenBatch) {
  add(1, "a", one_);
  EXPECT_EQ(take(), "a");
  add(1, "b", one_);
  EXPECT_EQ(take(), "b");
}

TEST_F(DelayQueueTest, IsBounded) {
  constexpr std::size_t capacity = DelayQueue::max_bytes - DelayQueue::batch_cost;
  EXPECT_TRUE(queue_.has_room(capacity));
  EXPECT_FALSE(queue_.has_room(capacity + 1));
  EXPECT_FALSE(queue_.has_room(capacity / 2, 2));
  add(1, std::string(1000, 'x'), one_);
  EXPECT_FALSE(queue_.has_room(capacity - 1000));
  add(1, std::string(1000, 'x'), one_);  // is joined to the first
  EXPECT_FALSE(queue_.has_room(capacity - DelayQueue::batch_cost - 1999));
  EXPECT_TRUE(queue_.has_room(capacity - DelayQueue::batch_cost - 4000));
  take();
  EXPECT_TRUE(queue_.has_room(capacity));
}

TEST_F(DelayQueueTest, CountsEmptyDatagramsTowardsTheBound) {
  constexpr std::size_t count = 1000;
  for (std::size_t i = 0; i < count; ++i) add(1, "", one_);
  EXPECT_FALSE(queue_.has_room(DelayQueue::max_bytes - count * sizeof(DelayedBatch)));
  while (queue_.next() != never) take();
  EXPECT_TRUE(queue_.has_room(DelayQueue::max_bytes - DelayQueue::batch_cost));
}

}  // namespace
}  // namespace netlab
