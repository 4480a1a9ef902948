#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/bytes.h"
#include "protocol/chat/chat.h"
#include "socket/syscalls.h"
#include "support/scripted_stream.h"
#include "support/thrown.h"
#include "transport/blocking_performer.h"
#include "transport/tcp.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

struct Pipe {
  Fd out;
  Fd in;

  Pipe() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    out = Fd(ends[0]);
    in = Fd(ends[1]);
  }
};

class ExchangeTest : public testing::Test {
 protected:
  void run() { exchange_messages(exchange_, server_, network_); }

  VirtualNetwork network_;
  ScriptedStream server_{network_};
  std::string taken_;
  Exchange exchange_{.message = "hello", .take = [this](std::span<const std::byte> bytes) {
                       taken_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                     }};
};

TEST_F(ExchangeTest, SendsTheMessageAndTakesWhatComesBack) {
  server_.says("hello ").says("yourself");
  run();
  EXPECT_EQ(server_.written(), "hello");
  EXPECT_TRUE(server_.finished);
  EXPECT_EQ(taken_, "hello yourself");
}

TEST_F(ExchangeTest, SendsAnInputToItsEnd) {
  Pipe pipe;
  exchange_.message = "";
  exchange_.input = pipe.out.get();
  call::write_all(pipe.in.get(), bytes_of("from the input"), "pipe");
  pipe.in.reset();
  run();
  EXPECT_EQ(server_.written(), "from the input");
  EXPECT_TRUE(server_.finished);
}

TEST_F(ExchangeTest, SendsALargeMessageInPieces) {
  exchange_.message = std::string(200'000, 'x');
  run();
  EXPECT_EQ(server_.written(), exchange_.message);
  EXPECT_GT(server_.writes.size(), 1u);
}

TEST_F(ExchangeTest, EndsWithAServerThatSaysNothing) {
  server_.is_silent();
  EXPECT_EQ(error_of([&] { run(); }), ETIMEDOUT);
  EXPECT_GE(network_.passed(), 10s);
  EXPECT_TRUE(server_.session_aborted);
}

TEST_F(ExchangeTest, IsPatientWithAServerThatSaysSomethingNowAndThen) {
  server_.says_bytewise("slowly", 9s);
  run();
  EXPECT_EQ(taken_, "slowly");
}

TEST_F(ExchangeTest, PassesOnThatTheMessageCouldNotBeSent) {
  server_.takes(2);
  EXPECT_EQ(error_of([&] { run(); }), ETIMEDOUT);
}

TEST_F(ExchangeTest, PassesOnWhatTakingThrows) {
  server_.says("hello");
  exchange_.take = [](std::span<const std::byte>) { throw SystemError("write", ENOSPC); };
  EXPECT_EQ(error_of([&] { run(); }), ENOSPC);
  EXPECT_TRUE(server_.session_aborted);
}

TEST_F(ExchangeTest, EndsWhenTheServerFinishesThoughTheInputHasNot) {
  Pipe pipe;
  BlockingPerformer performer;
  TcpNetwork tcp(performer);
  const auto listener = tcp.listen(Address::loopback(0));
  const auto server = tcp.connect(listener->local(), add_saturating(tcp.now(), 10s));
  listener->accept()->write_all(bytes_of("bye"));
  exchange_.message = "";
  exchange_.input = pipe.out.get();
  exchange_messages(exchange_, *server, tcp);
  EXPECT_EQ(taken_, "bye");
}

}  // namespace
}  // namespace netlab
