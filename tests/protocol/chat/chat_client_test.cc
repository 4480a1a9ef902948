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
  Fd read_end;
  Fd write_end;

  Pipe() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read_end = Fd(ends[0]);
    write_end = Fd(ends[1]);
  }
};

class ChatClientTest : public testing::Test {
 protected:
  void run() { exchange_messages(exchange_, server_, network_); }

  VirtualNetwork network_;
  ScriptedStream server_{network_};
  std::string received_;
  Exchange exchange_{.message = "hello", .take = [this](std::span<const std::byte> bytes) {
                       received_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                     }};
};

TEST_F(ChatClientTest, SendsTheMessageAndReceivesTheReply) {
  server_.says("hello ").says("yourself");
  run();
  EXPECT_EQ(server_.written(), "hello");
  EXPECT_TRUE(server_.finished);
  EXPECT_EQ(received_, "hello yourself");
}

TEST_F(ChatClientTest, SendsItsInputToTheEnd) {
  Pipe pipe;
  exchange_.message = "";
  exchange_.input = pipe.read_end.get();
  call::write_all(pipe.write_end.get(), bytes_of("from the input"), "pipe");
  pipe.write_end.reset();
  run();
  EXPECT_EQ(server_.written(), "from the input");
  EXPECT_TRUE(server_.finished);
}

TEST_F(ChatClientTest, SendsALargeMessageInPieces) {
  exchange_.message = std::string(200'000, 'x');
  run();
  EXPECT_EQ(server_.written(), exchange_.message);
  EXPECT_GT(server_.writes.size(), 1u);
}

TEST_F(ChatClientTest, TimesOutOnASilentServer) {
  server_.is_silent();
  EXPECT_EQ(error_of([&] { run(); }), ETIMEDOUT);
  EXPECT_GE(network_.passed(), 10s);
  EXPECT_TRUE(server_.aborted);
}

TEST_F(ChatClientTest, EachReceivedByteExtendsTheDeadline) {
  server_.says_bytewise("slowly", 9s);
  run();
  EXPECT_EQ(received_, "slowly");
}

TEST_F(ChatClientTest, ReportsASendTimeout) {
  server_.takes(2);
  EXPECT_EQ(error_of([&] { run(); }), ETIMEDOUT);
}

TEST_F(ChatClientTest, PropagatesErrorsOfTheReceivingCallback) {
  server_.says("hello");
  exchange_.take = [](std::span<const std::byte>) { throw SystemError("write", ENOSPC); };
  EXPECT_EQ(error_of([&] { run(); }), ENOSPC);
  EXPECT_TRUE(server_.aborted);
}

TEST_F(ChatClientTest, EndsWhenTheServerFinishesBeforeTheInput) {
  Pipe pipe;
  BlockingPerformer performer;
  TcpNetwork tcp(performer);
  const auto listener = tcp.listen(Address::loopback(0));
  const auto server = tcp.connect(listener->local(), add_saturating(tcp.now(), 10s));
  listener->accept()->write_all(bytes_of("bye"));
  exchange_.message = "";
  exchange_.input = pipe.read_end.get();
  exchange_messages(exchange_, *server, tcp);
  EXPECT_EQ(received_, "bye");
}

}  // namespace
}  // namespace netlab
