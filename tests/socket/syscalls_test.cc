#include "socket/syscalls.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <limits>

#include "base/bytes.h"
#include "socket/retry_eintr.h"
#include "support/thrown.h"

namespace netlab {
namespace {

bool closes_on_exec(const Fd& fd) {
  return (fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0;
}
bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

// A connection between two sockets of this process.
struct Pair {
  Fd listener = call::socket(AF_INET, SOCK_STREAM);
  Fd client = call::socket(AF_INET, SOCK_STREAM);
  Fd server;
  Address peer;

  Pair() {
    call::bind(listener.get(), Address::loopback(0));
    call::listen(listener.get(), 1);
    EXPECT_EQ(call::connect(client.get(), call::local_address(listener.get())), 0);
    server = Fd(call::accept(listener.get(), peer, 0));
  }
};

TEST(Fd, ClosesOnceAndMoves) {
  int number = -1;
  {
    Fd first = call::socket(AF_INET, SOCK_STREAM);
    number = first.get();
    Fd second = std::move(first);
    EXPECT_FALSE(first);  // NOLINT: moved from
    EXPECT_EQ(second.get(), number);
    second = Fd(second.release());
    EXPECT_TRUE(is_open(number));
    Fd& itself = second;
    second = std::move(itself);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, ClosesItsOldDescriptorOnMoveAssignment) {
  Fd fd = call::socket(AF_INET, SOCK_STREAM);
  const int before = fd.get();
  Fd other = call::socket(AF_INET, SOCK_STREAM);
  fd = std::move(other);
  EXPECT_FALSE(is_open(before));
}

TEST(Syscalls, CreateCloseOnExecDescriptors) {
  Pair pair;
  EXPECT_TRUE(closes_on_exec(pair.listener));
  EXPECT_TRUE(closes_on_exec(pair.server));
  EXPECT_TRUE(closes_on_exec(call::epoll_create()));
  EXPECT_TRUE(closes_on_exec(call::duplicate(STDIN_FILENO)));
}

TEST(Syscalls, AcceptReportsTheClientsAddress) {
  Pair pair;
  EXPECT_EQ(pair.peer.text(), call::local_address(pair.client.get()).text());
}

TEST(Syscalls, TransferBytesAndEndOfStream) {
  Pair pair;
  std::array<std::byte, 8> buffer;
  EXPECT_EQ(call::send(pair.client.get(), bytes_of("hello")), 5);
  EXPECT_EQ(call::receive(pair.server.get(), buffer), 5);
  EXPECT_EQ(call::shutdown(pair.client.get(), SHUT_WR), 0);
  EXPECT_EQ(call::receive(pair.server.get(), buffer), 0);
}

TEST(Syscalls, SendReturnsEpipeWithoutASignal) {
  struct sigaction before {};
  struct sigaction deadly {};
  deadly.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &deadly, &before);
  Pair pair;
  call::shutdown(pair.client.get(), SHUT_WR);
  EXPECT_EQ(call::send(pair.client.get(), bytes_of("x")), -EPIPE);
  sigaction(SIGPIPE, &before, nullptr);
}

TEST(Syscalls, BindNamesTheAddressInUse) {
  Pair pair;
  const Address taken = call::local_address(pair.listener.get());
  const Fd second = call::socket(AF_INET, SOCK_STREAM);
  EXPECT_EQ(thrown_by<SystemError>([&] { call::bind(second.get(), taken); }),
            "bind " + taken.text() + ": Address already in use");
}

TEST(Syscalls, ConnectReturnsEconnrefused) {
  Address closed;
  {
    const Fd listener = call::socket(AF_INET, SOCK_STREAM);
    call::bind(listener.get(), Address::loopback(0));
    closed = call::local_address(listener.get());
  }
  const Fd client = call::socket(AF_INET, SOCK_STREAM);
  EXPECT_EQ(call::connect(client.get(), closed), -ECONNREFUSED);
}

TEST(Syscalls, ReceiveTimesOut) {
  Pair pair;
  std::array<std::byte, 1> buffer;
  ASSERT_EQ(call::set_timeout(pair.server.get(), SO_RCVTIMEO, std::chrono::milliseconds(1)), 0);
  EXPECT_EQ(call::receive(pair.server.get(), buffer), -EAGAIN);
}

TEST(Syscalls, WriteAllNamesTheFileThatIsFull) {
  const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (!full) GTEST_SKIP() << "no /dev/full";
  EXPECT_EQ(
      thrown_by<SystemError>([&] { call::write_all(full.get(), bytes_of("x"), "notes.txt"); }),
      "write notes.txt: No space left on device");
}

TEST(Syscalls, MillisecondsUntilRoundsUp) {
  EXPECT_EQ(call::milliseconds_until(never), -1);
  EXPECT_EQ(call::milliseconds_until(Clock::now() - std::chrono::hours(1)), 0);
  EXPECT_EQ(call::milliseconds_until(Clock::now() + std::chrono::hours(24 * 365 * 100)),
            std::numeric_limits<int>::max());
  const int second = call::milliseconds_until(Clock::now() + std::chrono::seconds(1));
  EXPECT_GT(second, 0);
  EXPECT_LE(second, 1000);
}

TEST(Clock, AdditionSaturatesAtNever) {
  const Instant now = Clock::now();
  EXPECT_EQ(add_saturating(never, std::chrono::seconds(1)), never);
  EXPECT_EQ(add_saturating(now, Duration::max()), never);
  EXPECT_EQ(add_saturating(now, std::chrono::seconds(1)), now + std::chrono::seconds(1));
}

TEST(RetryInterrupted, RetriesUntilNotInterrupted) {
  int calls = 0;
  const int result = retry_interrupted([&] {
    errno = EINTR;
    return ++calls < 4 ? -1 : 7;
  });
  EXPECT_EQ(result, 7);
  EXPECT_EQ(calls, 4);
}

TEST(RetryInterrupted, ReturnsAnyOtherErrorAtOnce) {
  int calls = 0;
  const ssize_t result = retry_interrupted([&]() -> ssize_t {
    ++calls;
    errno = ECONNRESET;
    return -1;
  });
  EXPECT_EQ(result, -ECONNRESET);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace netlab
