// Accepting when a client is not where the descriptor says: buffered in the listener, or accepted
// by another process.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/bytes.h"
#include "model/models.h"
#include "socket/signals.h"
#include "socket/syscalls.h"
#include "support/scripted_stream.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

// Like a datagram listener that has received the requests of three clients with one call.
class BufferingListener : public Listener {
 public:
  BufferingListener() { call::raise_event(readable_.get()); }

  std::unique_ptr<Stream> accept(Instant) override { return nullptr; }
  std::unique_ptr<Stream> try_accept() override {
    take_stop(readable_.get());
    if (left_ == 0) return nullptr;
    --left_;
    return std::make_unique<ScriptedStream>(network_);
  }
  int poll_fd() override { return readable_.get(); }
  Address local() const override { return Address::loopback(4711); }
  void stop_accepting() override {}

 private:
  VirtualNetwork network_;
  Fd readable_ = call::event_descriptor();
  int left_ = 3;
};

TEST(ForkTest, AcceptsAllClientsThatTheListenerHasBuffered) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd reports(ends[0]);
  const Fd report(ends[1]);
  const Fd stop = stop_descriptor();
  const pid_t server = fork();
  if (server == 0) {
    const Service service{
        .transport = tcp(),
        .listen = [](Network&) { return std::make_unique<BufferingListener>(); },
        .handle = [&](Stream&, Network&) { call::write_all(report.get(), bytes_of("x"), "pipe"); },
        .stop = stop.get(),
        .listening = [](const Listener&) {},
        .failed = [](const Address&, const std::string&) {}};
    _exit(serve_with_fork(service) ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  for (int client = 1; client <= 3; ++client) {
    pollfd served{reports.get(), POLLIN, 0};
    if (call::poll({&served, 1}, Clock::now() + patience) <= 0) {
      ADD_FAILURE() << "client " << client << " was not accepted";
      break;
    }
    std::byte byte{};
    EXPECT_EQ(call::read(reports.get(), {&byte, 1}), 1);
  }
  stop_now(stop);
  int status = -1;
  EXPECT_EQ(waitpid(server, &status, 0), server);
  EXPECT_EQ(status, 0);
}

// The stop and a client are reported together, and another process accepts the client first.
TEST(EpollTest, StopsWhenAnotherProcessHasAcceptedTheClient) {
  Fd listening = call::socket(AF_INET, SOCK_STREAM);
  call::bind(listening.get(), Address::loopback(0));
  call::listen(listening.get(), 5);
  const Fd others = call::duplicate(listening.get());
  const Fd client = call::socket(AF_INET, SOCK_STREAM);
  const Fd stop = stop_descriptor();
  Fd accepted;
  const Service service{
      .transport = tcp(),
      .listen = [&](Network& network) { return network.adopt(std::move(listening)); },
      .handle = [](Stream&, Network&) { ADD_FAILURE() << "no client is left"; },
      .stop = stop.get(),
      .listening =
          [&](const Listener& listener) {
            call::connect(client.get(), listener.local());
            stop_now(stop);
          },
      .stopping =
          [&] {
            Address peer;
            accepted = Fd(call::accept(others.get(), peer, 0));
          },
      .failed = [](const Address&, const std::string&) {}};
  alarm(patience.count());  // a server that does not stop fails the test
  EXPECT_TRUE(serve_with_epoll(service));
  alarm(0);
  EXPECT_TRUE(accepted);
}

}  // namespace
}  // namespace netlab
