#include "model/graceful_stop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <optional>

#include "base/bytes.h"
#include "socket/signals.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 20s;  // for what must happen; normally never reached

// Records whether it was aborted.
class AbortFlag {
 public:
  void abort() { aborted_.set_value(); }
  testing::AssertionResult is_aborted() {
    if (was_aborted_.wait_for(patience) == std::future_status::ready)
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << "it was not aborted";
  }
  bool is_untouched() { return was_aborted_.wait_for(0s) != std::future_status::ready; }

 private:
  std::promise<void> aborted_;
  std::future<void> was_aborted_ = aborted_.get_future();
};

class SilentListener : public Listener {
 public:
  std::unique_ptr<Stream> accept(Instant) override { return nullptr; }
  std::unique_ptr<Stream> try_accept() override { return nullptr; }
  int poll_fd() override { return -1; }
  Address local() const override { return {}; }
  void stop_accepting() override { state.abort(); }

  AbortFlag state;
};

class SilentClient : public Stream {
 public:
  SilentClient() : Stream(Address::loopback(1)) {}
  std::size_t read_some(std::span<std::byte>) override { return 0; }
  void write_all(std::span<const std::byte>) override {}
  void finish_writing() override {}
  void abort() override { state.abort(); }

  AbortFlag state;
};

class GracefulStopTest : public testing::Test {
 protected:
  void start(Duration grace) {
    service_.limits.grace = grace;
    stop_.emplace(service_, listener_);
  }

  Fd stop_fd_ = stop_descriptor();
  Service service_{.transport = tcp(),
                   .listen = {},
                   .handle = {},
                   .stop = stop_fd_.get(),
                   .listening = {},
                   .failed = {}};
  SilentListener listener_;
  SilentClient client_;
  std::optional<GracefulStop> stop_;
};

TEST_F(GracefulStopTest, EndsWithoutAStopRequest) {
  start(1h);
  stop_.reset();
  EXPECT_TRUE(listener_.state.is_untouched());
}

TEST_F(GracefulStopTest, StopsAcceptingOnRequest) {
  start(1h);
  stop_now(stop_fd_);
  EXPECT_TRUE(listener_.state.is_aborted());
}

TEST_F(GracefulStopTest, LetsClientsFinishWithinTheGracePeriod) {
  start(1h);
  {
    const GracefulStop::SessionGuard session(*stop_, client_);
    stop_now(stop_fd_);
    EXPECT_TRUE(listener_.state.is_aborted());
  }
  stop_.reset();
  EXPECT_TRUE(client_.state.is_untouched());
}

TEST_F(GracefulStopTest, AbortsClientsAfterTheGracePeriod) {
  start(1ms);
  {
    const GracefulStop::SessionGuard session(*stop_, client_);
    stop_now(stop_fd_);
    EXPECT_TRUE(client_.state.is_aborted());
  }
  stop_.reset();
}

TEST_F(GracefulStopTest, AbortsClientsAtOnceOnASecondRequest) {
  start(1h);
  {
    const GracefulStop::SessionGuard session(*stop_, client_);
    stop_now(stop_fd_);
    stop_now(stop_fd_);
    EXPECT_TRUE(client_.state.is_aborted());
  }
  stop_.reset();
}

TEST_F(GracefulStopTest, AbortsClientsThatArriveAfterTheGracePeriod) {
  start(0s);
  SilentClient late;
  {
    const GracefulStop::SessionGuard session(*stop_, client_);
    stop_now(stop_fd_);
    EXPECT_TRUE(client_.state.is_aborted());
    const GracefulStop::SessionGuard late_session(*stop_, late);
    EXPECT_TRUE(late.state.is_aborted());
  }
  stop_.reset();
}

TEST(StopDescriptor, ReportsOneRequestAtATime) {
  const Fd stop = stop_descriptor();
  EXPECT_FALSE(take_stop(stop.get()));
  stop_now(stop);
  stop_now(stop);
  EXPECT_TRUE(take_stop(stop.get()));
  EXPECT_TRUE(take_stop(stop.get()));
  EXPECT_FALSE(take_stop(stop.get()));
}

TEST(StopDescriptor, ReceivesSignals) {
  const pid_t child = fork();
  if (child == 0) {  // a child, because the signal mask is changed
    const Fd stop = signals_as_descriptor({SIGTERM, SIGINT});
    raise(SIGTERM);
    raise(SIGINT);
    const bool both = take_stop(stop.get()) && take_stop(stop.get()) && !take_stop(stop.get());
    _exit(both ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// A session may be blocked on the keyboard and not notice that it was aborted.
TEST(GracefulStop, EndsTheProcessWhenASessionDoesNotReact) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    const Fd stop_fd = stop_descriptor();
    const Service service{.transport = tcp(),
                          .listen = {},
                          .handle = {},
                          .limits = {.grace = 0s},
                          .stop = stop_fd.get(),
                          .listening = {},
                          .failed = [&](const Address&, const std::string& why) {
                            call::write(write_end.get(), bytes_of(why));
                          }};
    SilentListener listener;
    SilentClient client;
    GracefulStop stop(service, listener);
    const GracefulStop::SessionGuard session(stop, client);
    stop_now(stop_fd);
    for (;;) pause();
  }
  write_end.reset();
  std::string why(100, '\0');
  const ssize_t got = call::read(read_end.get(), std::as_writable_bytes(std::span(why)));
  EXPECT_EQ(why.substr(0, got < 0 ? 0 : static_cast<std::size_t>(got)), session_aborted);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) << status;
}

}  // namespace
}  // namespace netlab
