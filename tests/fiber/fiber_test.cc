#include "fiber/fiber.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "fiber/stack.h"
#include "socket/fd.h"

namespace netlab {
namespace {

using Events = std::vector<std::string>;

TEST(Fiber, RunsUntilItParksAndResumesThere) {
  Events events;
  Fiber fiber([&] {
    events.push_back("begins");
    Fiber::park();
    events.push_back("resumes");
  });
  events.push_back("made");
  fiber.resume();
  events.push_back("parked");
  EXPECT_FALSE(fiber.done());
  fiber.resume();
  EXPECT_TRUE(fiber.done());
  EXPECT_EQ(events, (Events{"made", "begins", "parked", "resumes"}));
}

TEST(Fiber, CanEndWithoutParking) {
  Fiber fiber([] {});
  EXPECT_FALSE(fiber.done());
  fiber.resume();
  EXPECT_TRUE(fiber.done());
}

TEST(Fiber, CanBeDestroyedBeforeItStarts) {
  bool ran = false;
  {
    Fiber fiber([&] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

TEST(Fiber, KeepsItsLocalVariables) {
  const std::string on_the_heap(100, 'x');
  std::string result;
  double product = 0;
  Fiber fiber([&] {
    const std::string copy = on_the_heap;
    double number = 0.5;
    for (int i = 0; i < 3; ++i) {
      number *= 2;
      Fiber::park();
    }
    result = copy;
    product = number;
  });
  while (!fiber.done()) fiber.resume();
  EXPECT_EQ(result, on_the_heap);
  EXPECT_EQ(product, 4);
}

TEST(Fiber, ReleasesItsCapturesWhenItEnds) {
  const auto held = std::make_shared<int>(1);
  Fiber fiber([held] { Fiber::park(); });
  fiber.resume();
  EXPECT_EQ(held.use_count(), 2);
  fiber.resume();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Fiber, CanThrowAndCatchInside) {
  std::string caught;
  Fiber fiber([&] {
    try {
      Fiber::park();
      throw std::runtime_error("inside");
    } catch (const std::exception& error) {
      caught = error.what();
    }
  });
  fiber.resume();
  fiber.resume();
  EXPECT_EQ(caught, "inside");
}

void catch_and_park(const char* name, Events& events) {
  try {
    throw std::runtime_error(name);
  } catch (const std::exception& error) {
    Fiber::park();
    try {
      throw;  // must rethrow this fiber's exception
    } catch (const std::exception& again) {
      events.push_back(std::string(error.what()) + again.what());
    }
    Fiber::park();
    events.push_back(error.what());
  }
}

TEST(Fiber, CanParkInACatchBlockWhileOthersThrow) {
  Events events;
  Fiber a([&] { catch_and_park("a", events); });
  Fiber b([&] { catch_and_park("b", events); });
  a.resume();
  b.resume();
  EXPECT_EQ(std::current_exception(), nullptr);
  try {
    throw std::runtime_error("outside");
  } catch (const std::exception& error) {
    a.resume();
    EXPECT_STREQ(error.what(), "outside");
    b.resume();
  }
  a.resume();
  b.resume();
  EXPECT_TRUE(a.done() && b.done());
  EXPECT_EQ(events, (Events{"aa", "bb", "a", "b"}));
  EXPECT_EQ(std::current_exception(), nullptr);
}

struct ParksWhenDestroyed {
  int& uncaught;
  ~ParksWhenDestroyed() {
    Fiber::park();
    uncaught = std::uncaught_exceptions();
  }
};

TEST(Fiber, CanParkDuringUnwinding) {
  int uncaught_inside = 0;
  bool caught = false;
  Fiber fiber([&] {
    try {
      const ParksWhenDestroyed object{uncaught_inside};
      throw std::runtime_error("unwinding");
    } catch (const std::exception&) {
      caught = true;
    }
  });
  fiber.resume();
  EXPECT_EQ(std::uncaught_exceptions(), 0);
  fiber.resume();
  EXPECT_EQ(uncaught_inside, 1);
  EXPECT_TRUE(caught);
  EXPECT_EQ(std::uncaught_exceptions(), 0);
}

TEST(Fiber, CanRunAnotherFiber) {
  Events events;
  Fiber outer([&] {
    Fiber inner([&] {
      events.push_back("inner begins");
      Fiber::park();
      events.push_back("inner ends");
    });
    inner.resume();
    events.push_back("outer parks");
    Fiber::park();
    inner.resume();
    events.push_back("outer ends");
  });
  outer.resume();
  events.push_back("outside");
  outer.resume();
  EXPECT_EQ(events, (Events{"inner begins", "outer parks", "outside", "inner ends", "outer ends"}));
}

TEST(Fiber, TakesTurnsWithManyOthers) {
  constexpr int fibers = 500;
  constexpr int rounds = 3;
  std::vector<int> turns;
  std::vector<std::unique_ptr<Fiber>> all;
  for (int i = 0; i < fibers; ++i)
    all.push_back(std::make_unique<Fiber>([&turns, i] {
      for (int round = 0; round < rounds; ++round) {
        turns.push_back(i);
        if (round + 1 < rounds) Fiber::park();
      }
    }));
  for (int round = 0; round < rounds; ++round)
    for (const auto& fiber : all) fiber->resume();
  ASSERT_EQ(turns.size(), std::size_t{fibers * rounds});
  for (std::size_t i = 0; i < turns.size(); ++i) ASSERT_EQ(turns[i], static_cast<int>(i) % fibers);
  for (const auto& fiber : all) EXPECT_TRUE(fiber->done());
}

[[gnu::noinline]] int deep(int left) {
  volatile char frame[1024];
  frame[0] = static_cast<char>(left);
  if (left == 0) {
    Fiber::park();
    return 0;
  }
  return deep(left - 1) + (frame[0] == static_cast<char>(left) ? 1 : 0);
}

TEST(Fiber, HasAStackForDeepCalls) {
  constexpr int frames = 96;
  int intact = 0;
  Fiber fiber([&] { intact = deep(frames); });
  fiber.resume();
  fiber.resume();
  EXPECT_EQ(intact, frames);
}

TEST(Fiber, IsIndependentOfFibersInOtherThreads) {
  const auto work = [](int& sum) {
    for (int i = 0; i < 50; ++i) {
      Fiber fiber([&] {
        for (int step = 0; step < 10; ++step) {
          ++sum;
          Fiber::park();
        }
      });
      while (!fiber.done()) fiber.resume();
    }
  };
  int one = 0;
  int other = 0;
  std::thread thread(work, std::ref(one));
  work(other);
  thread.join();
  EXPECT_EQ(one, 500);
  EXPECT_EQ(other, 500);
}

TEST(Stack, IsReusedAfterAFiberEnds) {
  std::optional<Stack> first(std::in_place);
  const std::byte* const memory = first->memory().data();
  first.reset();
  EXPECT_EQ(Stack().memory().data(), memory);
}

TEST(Stack, HasAGuardPageBelow) {
  const Stack stack;
  stack.memory().front() = std::byte{1};
  stack.memory().back() = std::byte{1};
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd out(ends[0]);
  const Fd in(ends[1]);
  // write(2) reports an unreadable page as EFAULT, without a crash.
  EXPECT_EQ(write(in.get(), stack.memory().data(), 1), 1);
  EXPECT_EQ(write(in.get(), stack.memory().data() - 1, 1), -1);
  EXPECT_EQ(errno, EFAULT);
}

// Fills `depth` frames with values that depend on `seed`, parks at the bottom, and adds them up.
[[gnu::noinline]] int sum_after_parking(int seed, int depth) {
  volatile int values[16];
  for (int i = 0; i < 16; ++i) values[i] = seed + i;
  int sum = 0;
  if (depth > 0)
    sum = sum_after_parking(seed + 1, depth - 1);
  else
    Fiber::park();
  for (int i = 0; i < 16; ++i) sum += values[i];
  return sum;
}

TEST(SharedStackTest, KeepsTheFramesOfEachFiber) {
  SharedStack stack;
  std::vector<int> sums(20);
  std::vector<std::unique_ptr<Fiber>> fibers;
  for (int i = 0; i < 20; ++i)
    fibers.push_back(std::make_unique<Fiber>(
        [i, &sums] {
          for (int round = 0; round < 5; ++round) sums[i] += sum_after_parking(1000 * i, i);
        },
        &stack));
  while (!fibers.back()->done())
    for (const auto& fiber : fibers)
      if (!fiber->done()) fiber->resume();
  for (int i = 0; i < 20; ++i) {
    int expected = 0;
    for (int depth = 0; depth <= i; ++depth) expected += 16 * (1000 * i + depth) + 120;
    EXPECT_EQ(sums[i], 5 * expected) << i;
  }
}

TEST(SharedStackTest, ResumesAFiberWithoutOthersInBetween) {
  SharedStack stack;
  int sum = 0;
  Fiber fiber([&] { sum = sum_after_parking(1, 3); }, &stack);
  fiber.resume();
  {
    Fiber other([] {}, &stack);
    other.resume();
    EXPECT_TRUE(other.done());
  }
  fiber.resume();
  EXPECT_TRUE(fiber.done());
  EXPECT_EQ(sum, 16 * (1 + 2 + 3 + 4) + 4 * 120);
}

TEST(SharedStackTest, CanParkInsideACatchBlock) {
  SharedStack stack;
  std::vector<std::string> caught;
  const auto body = [&caught](const char* what) {
    try {
      throw std::runtime_error(what);
    } catch (const std::runtime_error& error) {
      Fiber::park();
      caught.emplace_back(error.what());
    }
  };
  Fiber one([&] { body("one"); }, &stack);
  Fiber two([&] { body("two"); }, &stack);
  one.resume();
  two.resume();
  two.resume();
  one.resume();
  EXPECT_EQ(caught, (std::vector<std::string>{"two", "one"}));
}

}  // namespace
}  // namespace netlab
