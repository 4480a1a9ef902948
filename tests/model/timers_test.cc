#include "model/timers.h"

#include <gtest/gtest.h>

#include "support/seed.h"
#include "support/start.h"

namespace netlab {
namespace {

struct Task {
  Timers<Task>::Timer timer;
  Instant deadline = never;  // as last set
};

Instant at_second(int tick) {
  return start + std::chrono::seconds(tick);
}

class TimersTest : public testing::Test {
 protected:
  ~TimersTest() override {
    for (Task& task : tasks_) timers_.drop(task.timer);
  }

  void set(Task& task, Instant deadline) {
    task.deadline = deadline;
    timers_.set(task, task.timer, deadline);
  }
  Task* take(int tick) {
    return timers_.take_expired(
        at_second(tick), [](Task & task) -> auto& { return task.timer; });
  }

  Timers<Task> timers_;
  std::vector<Task> tasks_{3};
};

TEST_F(TimersTest, StartEmpty) {
  EXPECT_EQ(timers_.next(), never);
  EXPECT_EQ(take(1000), nullptr);
}

TEST_F(TimersTest, ExpireInOrder) {
  set(tasks_[0], at_second(3));
  set(tasks_[1], at_second(1));
  set(tasks_[2], at_second(2));
  EXPECT_EQ(timers_.next(), at_second(1));
  EXPECT_EQ(take(0), nullptr);
  EXPECT_EQ(take(3), &tasks_[1]);
  EXPECT_EQ(take(3), &tasks_[2]);
  EXPECT_EQ(take(3), &tasks_[0]);
  EXPECT_EQ(take(3), nullptr);
}

TEST_F(TimersTest, ExpireNotBeforeTheirInstant) {
  set(tasks_[0], at_second(5));
  EXPECT_EQ(timers_.take_expired(
                at_second(5) - Duration(1), [](Task & t) -> auto& { return t.timer; }),
            nullptr);
  EXPECT_EQ(take(5), &tasks_[0]);
}

TEST_F(TimersTest, ExpireOnce) {
  set(tasks_[0], at_second(1));
  EXPECT_EQ(take(9), &tasks_[0]);
  EXPECT_EQ(take(9), nullptr);
  EXPECT_EQ(timers_.next(), never);
}

TEST_F(TimersTest, CanBePostponed) {
  set(tasks_[0], at_second(1));
  set(tasks_[0], at_second(5));
  EXPECT_EQ(take(4), nullptr);
  EXPECT_EQ(take(5), &tasks_[0]);
}

TEST_F(TimersTest, CanBeMovedEarlier) {
  set(tasks_[0], at_second(5));
  set(tasks_[0], at_second(1));
  EXPECT_EQ(timers_.next(), at_second(1));
  EXPECT_EQ(take(1), &tasks_[0]);
  EXPECT_EQ(take(9), nullptr);
}

TEST_F(TimersTest, CanBeCleared) {
  set(tasks_[0], at_second(1));
  timers_.clear(tasks_[0].timer);
  EXPECT_EQ(take(9), nullptr);
  EXPECT_EQ(timers_.next(), never);
}

TEST_F(TimersTest, CanBeSetAgainAfterClear) {
  set(tasks_[0], at_second(1));
  timers_.clear(tasks_[0].timer);
  set(tasks_[0], at_second(3));
  EXPECT_EQ(take(2), nullptr);
  EXPECT_EQ(take(3), &tasks_[0]);
}

TEST_F(TimersTest, CanBeSetToNever) {
  set(tasks_[0], at_second(1));
  set(tasks_[0], never);
  EXPECT_EQ(take(9), nullptr);
}

TEST_F(TimersTest, DropForgetsATask) {
  set(tasks_[0], at_second(1));
  set(tasks_[1], at_second(2));
  timers_.drop(tasks_[0].timer);
  EXPECT_EQ(timers_.next(), at_second(2));
}

TEST_F(TimersTest, MatchAPlainListInAnyOrderOfCalls) {
  std::mt19937_64 rng = seeded_chance();
  for (int tick = 0, step = 0; step < 20'000; ++step) {
    Task& task = tasks_[below(rng, tasks_.size())];
    switch (below(rng, 4)) {
      case 0:
        timers_.clear(task.timer);
        task.deadline = never;
        break;
      case 1:
        ++tick;
        while (Task* const expired = take(tick)) {
          ASSERT_LE(expired->deadline, at_second(tick)) << "step " << step;
          expired->deadline = never;
        }
        for (const Task& left : tasks_)
          ASSERT_GT(left.deadline, at_second(tick)) << "step " << step;
        break;
      default:
        set(task, at_second(tick + 1 + static_cast<int>(below(rng, 10))));
    }
    for (const Task& each : tasks_) ASSERT_LE(timers_.next(), each.deadline) << "step " << step;
  }
}

}  // namespace
}  // namespace netlab
