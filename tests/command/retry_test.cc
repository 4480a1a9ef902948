#include "command/shared/retry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"

namespace netlab {
namespace {

class RetryTest : public testing::Test {
 protected:
  // Runs `attempt` with at most `retries` retries; returns the message of the error thrown.
  std::string error_with(std::uint64_t retries, const std::function<void(Attempt&)>& attempt) {
    const auto counted = [&](Attempt& report) {
      ++attempts_;
      attempt(report);
    };
    const auto sleep = [&](const std::exception&, Duration pause) { pauses_.push_back(pause); };
    try {
      retry({retries, Backoff(1)}, counted, sleep);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }

  [[noreturn]] void fail() const { throw ConnectionEnded("attempt " + std::to_string(attempts_)); }

  int attempts_ = 0;
  std::vector<Duration> pauses_;
};

TEST_F(RetryTest, DoesNotRepeatASuccess) {
  EXPECT_EQ(error_with(3, [](Attempt&) {}), "");
  EXPECT_EQ(attempts_, 1);
}

TEST_F(RetryTest, WithoutRetriesThrowsTheFirstError) {
  EXPECT_EQ(error_with(0, [&](Attempt&) { fail(); }), "attempt 1");
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(RetryTest, ThrowsTheErrorOfTheLastAttempt) {
  EXPECT_EQ(error_with(3, [&](Attempt&) { fail(); }), "attempt 4");
  EXPECT_EQ(pauses_.size(), 3u);
}

TEST_F(RetryTest, StopsAtTheFirstSuccess) {
  EXPECT_EQ(error_with(3,
                       [&](Attempt&) {
                         if (attempts_ < 3) fail();
                       }),
            "");
  EXPECT_EQ(attempts_, 3);
}

TEST_F(RetryTest, ProgressRestartsTheCountAndThePauses) {
  EXPECT_EQ(error_with(3,
                       [&](Attempt& attempt) {
                         attempt.made_progress = attempts_ == 4;
                         fail();
                       }),
            "attempt 7");
  ASSERT_EQ(pauses_.size(), 6u);
  EXPECT_GT(pauses_[2], Backoff::first);
  EXPECT_LE(pauses_[3], Backoff::first);
}

TEST_F(RetryTest, ReportsTheLastAttempt) {
  std::vector<bool> last;
  error_with(2, [&](Attempt& attempt) {
    last.push_back(attempt.is_last);
    fail();
  });
  EXPECT_EQ(last, (std::vector<bool>{false, false, true}));
}

TEST_F(RetryTest, DoesNotRepeatAnAttemptThatIsNotRepeatable) {
  EXPECT_EQ(error_with(3,
                       [&](Attempt& attempt) {
                         attempt.is_repeatable = false;
                         fail();
                       }),
            "attempt 1");
}

TEST_F(RetryTest, ThrowsAPermanentErrorAtOnce) {
  EXPECT_EQ(error_with(3, [](Attempt&) { throw ProtocolError("no"); }), "no");
  EXPECT_EQ(error_with(3, [](Attempt&) { throw std::invalid_argument("bad"); }), "bad");
  EXPECT_EQ(attempts_, 2);
}

TEST(IsTransient, IsTrueForErrorsOfTheNetworkOnly) {
  EXPECT_TRUE(is_transient(ConnectionEnded("closed")));
  EXPECT_TRUE(is_transient(TemporaryError("busy")));
  EXPECT_TRUE(is_transient(SystemError("connect", ECONNREFUSED)));
  EXPECT_FALSE(is_transient(SystemError("write", ENOSPC)));
  EXPECT_FALSE(is_transient(SystemError("receive from", ECANCELED)));
  EXPECT_FALSE(is_transient(ProtocolError("malformed")));
  EXPECT_FALSE(is_transient(std::runtime_error("other")));
}

}  // namespace
}  // namespace netlab
