// The reliable transport over loopback. The server runs in another thread, because each end makes
// progress only in its own calls.
#include "transport/reliable_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <future>

#include "base/bytes.h"
#include "socket/syscalls.h"
#include "support/temporary_directory.h"
#include "support/thrown.h"
#include "transport/blocking_performer.h"
#include "transport/reliable_network.h"
#include "transport/udp.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class ReliableStreamTest : public testing::Test {
 protected:
  // Runs a server that handles one client and closes.
  std::future<void> serve(std::function<void(Stream&)> handle) {
    return std::async(std::launch::async, [this, handle] {
      const auto client = listener_->accept();
      client->set_deadline(Clock::now() + 20s);
      handle(*client);
      client->close();
    });
  }
  std::unique_ptr<Stream> connect() {
    auto stream = network_.connect(listener_->local(), Clock::now() + 20s);
    stream->set_deadline(Clock::now() + 20s);
    return stream;
  }
  static std::string read_all(Stream& stream) {
    std::string all;
    std::string piece(65536, '\0');
    while (const auto got = stream.read_some(std::as_writable_bytes(std::span(piece))))
      all.append(piece, 0, got);
    return all;
  }

  BlockingPerformer performer_;
  ReliableNetwork network_{performer_};
  std::unique_ptr<Listener> listener_ = network_.listen(Address::loopback(0));
};

TEST_F(ReliableStreamTest, CanReadAfterFinishingItsWrites) {
  auto served = serve([](Stream& client) {
    EXPECT_EQ(read_all(client), "hello");
    client.write_all(bytes_of("hello yourself"));
  });
  const auto client = connect();
  client->write_all(bytes_of("hello"));
  client->finish_writing();
  EXPECT_EQ(read_all(*client), "hello yourself");
  served.get();
}

TEST_F(ReliableStreamTest, TransfersMoreThanItsBuffersHold) {
  std::string much(20'000'000, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 7 + (i >> 10));
  auto served = serve([&](Stream& client) { EXPECT_TRUE(read_all(client) == much); });
  const auto client = connect();
  client->write_all(bytes_of(much));
  client->finish_writing();
  EXPECT_EQ(read_all(*client), "");
  served.get();
}

TEST_F(ReliableStreamTest, SendsAndReceivesFiles) {
  const TemporaryDirectory directory;
  const Fd from(open(directory.write("from", std::string(300'000, 'x') + "end").c_str(), O_RDONLY));
  const Fd to(open(directory.write("to", "").c_str(), O_WRONLY));
  auto served = serve([&](Stream& client) {
    EXPECT_EQ(client.send_file(from, 299'998, 100), 5u);
    EXPECT_EQ(client.send_file(from, 0, 300'003), 300'003u);
  });
  const auto client = connect();
  EXPECT_LE(client->receive_file(to, "to", 3), 3u);
  while (client->receive_file(to, "to", 1 << 20) > 0) continue;
  EXPECT_EQ(directory.read("to"), "xxend" + std::string(300'000, 'x') + "end");
  served.get();
}

TEST_F(ReliableStreamTest, TimesOutAtItsDeadline) {
  auto served = serve([](Stream& client) { read_all(client); });
  const auto client = connect();
  const Instant end = Clock::now() + 50ms;
  client->set_deadline(end);
  std::byte byte;
  EXPECT_EQ(error_of([&] { client->read_some({&byte, 1}); }), ETIMEDOUT);
  EXPECT_GE(Clock::now(), end);
  client->set_deadline(Clock::now() + 20s);
  client->write_all(bytes_of("hello"));  // the timeout has lost nothing
  client->finish_writing();
  EXPECT_EQ(read_all(*client), "");
  served.get();
}

TEST_F(ReliableStreamTest, ClosingWithUnreadBytesResetsThePeer) {
  auto served = serve([](Stream& client) {
    std::byte byte;
    client.read_some({&byte, 1});  // the rest stays unread
  });
  const auto client = connect();
  const std::string much(20'000'000, 'x');
  EXPECT_EQ(error_of([&] { client->write_all(bytes_of(much)); }), ECONNRESET);
  served.get();
}

TEST_F(ReliableStreamTest, CanBeAbortedByAnotherThread) {
  std::unique_ptr<Stream> server_end;  // kept until both threads are done with it
  std::promise<void> accepted;
  auto served = std::async(std::launch::async, [&] {
    server_end = listener_->accept();
    accepted.set_value();
    std::byte byte;
    return error_of([&] { server_end->read_some({&byte, 1}); });
  });
  const auto client = connect();
  accepted.get_future().get();
  server_end->abort();
  EXPECT_EQ(served.get(), ECANCELED);
  EXPECT_EQ(error_of([&] { read_all(*client); }), ECONNRESET);
}

// The parent process calls the notifier for a child that was killed with the connection.
TEST_F(ReliableStreamTest, AbortNotifierResetsThePeer) {
  std::function<void()> abort_notifier;
  auto served = std::async(std::launch::async,
                           [&] { abort_notifier = listener_->accept()->abort_notifier(); });
  const auto client = connect();
  served.get();
  EXPECT_EQ(error_of([&] {
              client->set_deadline(Clock::now() + 50ms);
              read_all(*client);
            }),
            ETIMEDOUT);
  client->set_deadline(Clock::now() + 20s);
  const Instant before = Clock::now();
  abort_notifier();
  EXPECT_EQ(error_of([&] { read_all(*client); }), ECONNRESET);
  EXPECT_LT(Clock::now(), before + 5s);  // without the notifier, the client would probe after 10 s
}

TEST_F(ReliableStreamTest, NamesTheServerItCouldNotReach) {
  const Address closed = listener_->local();
  listener_.reset();
  EXPECT_EQ(thrown_by<SystemError>([&] { network_.connect(closed, Clock::now() + 20s); }),
            "connect " + closed.text() + ": Connection refused");
}

TEST_F(ReliableStreamTest, ConnectTimesOutAtItsDeadline) {
  EXPECT_EQ(error_of([&] { network_.connect(listener_->local(), Clock::now() + 50ms); }),
            ETIMEDOUT);
}

TEST_F(ReliableStreamTest, StopsListening) {
  auto accepted = std::async(std::launch::async, [&] { return listener_->accept(); });
  const Address there = listener_->local();
  listener_->stop_accepting();
  EXPECT_EQ(accepted.get(), nullptr);
  EXPECT_EQ(error_of([&] { network_.connect(there, Clock::now() + 20s); }), ECONNREFUSED);
}

TEST_F(ReliableStreamTest, AdoptsASocketAndLeavesItOpen) {
  Fd bound = call::socket(AF_INET, SOCK_DGRAM);
  call::bind(bound.get(), Address::loopback(0));
  const Address there = call::local_address(bound.get());
  const auto taken = network_.adopt(call::duplicate(bound.get()));
  auto accepted = std::async(std::launch::async, [&] { return taken->accept(); });
  const auto client = network_.connect(there, Clock::now() + 20s);
  EXPECT_EQ(client->peer(), there);
  client->abort();  // closing would wait for a peer that is in no call
  EXPECT_TRUE(accepted.get());
  taken->stop_accepting();
  EXPECT_EQ(taken->accept(), nullptr);
}

TEST_F(ReliableStreamTest, ServesTwoClientsOnOnePort) {
  auto first = serve([](Stream& client) { EXPECT_EQ(read_all(client), "first"); });
  const auto one = connect();
  auto second = serve([](Stream& client) { EXPECT_EQ(read_all(client), "second"); });
  const auto two = connect();
  two->write_all(bytes_of("second"));
  one->write_all(bytes_of("first"));
  two->finish_writing();
  one->finish_writing();
  EXPECT_EQ(read_all(*one), "");
  EXPECT_EQ(read_all(*two), "");
  first.get();
  second.get();
}

}  // namespace
}  // namespace netlab
