// TCP over loopback with blocking calls. Client and server share one thread: what is sent fits into
// the kernel's buffers, and a connection is established before it is accepted.
#include "transport/tcp.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>

#include "base/bytes.h"
#include "socket/syscalls.h"
#include "support/temporary_directory.h"
#include "support/thrown.h"
#include "transport/blocking_performer.h"
#include "transport/transports.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class TcpTest : public testing::Test {
 protected:
  TcpTest() {
    client_->set_deadline(add_saturating(network_.now(), 20s));
    server_->set_deadline(client_->deadline());
  }

  static std::string read(Stream& stream, std::size_t most = 100) {
    std::string bytes(most, '\0');
    bytes.resize(stream.read_some(std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }
  static std::string read_all(Stream& stream) {
    std::string all;
    for (std::string piece; !(piece = read(stream, 65536)).empty();) all += piece;
    return all;
  }
  // Ends the connection with a reset (RST) instead of a FIN.
  static void reset(Stream& stream) { call::reset_connection(tcp_descriptor(stream)); }

  BlockingPerformer performer_;
  TcpNetwork network_{performer_};
  std::unique_ptr<Listener> listener_ = network_.listen(Address::loopback(0));
  std::unique_ptr<Stream> client_ =
      network_.connect(listener_->local(), add_saturating(network_.now(), 20s));
  std::unique_ptr<Stream> server_ = listener_->accept();
};

// Cancels every operation, like an event loop when the server stops.
class StoppedPerformer : public Performer {
 public:
  void perform(Operation& operation) override { operation.result = -ECANCELED; }
};

TEST(TcpNetwork, SleepEndsWhenTheServerStops) {
  StoppedPerformer performer;
  TcpNetwork network(performer);
  EXPECT_EQ(error_of([&] { network.sleep_until(never); }), ECANCELED);
}

TEST_F(TcpTest, TransfersBytesBothWays) {
  client_->write_all(bytes_of("hello"));
  EXPECT_EQ(read(*server_), "hello");
  server_->write_all(bytes_of("hello yourself"));
  EXPECT_EQ(read(*client_, 5), "hello");
  EXPECT_EQ(read(*client_), " yourself");
}

TEST_F(TcpTest, CanReadAfterFinishingItsWrites) {
  client_->write_all(bytes_of("hello"));
  client_->finish_writing();
  EXPECT_EQ(read_all(*server_), "hello");
  server_->write_all(bytes_of("bye"));
  EXPECT_EQ(read(*client_), "bye");
}

TEST_F(TcpTest, KnowsItsPeer) {
  EXPECT_EQ(client_->peer().text(), listener_->local().text());
  EXPECT_EQ(server_->peer().text(), client_->local().text());
}

TEST_F(TcpTest, TimesOutAtItsDeadline) {
  const Instant before = Clock::now();
  client_->set_deadline(before + 50ms);
  EXPECT_EQ(error_of([&] { read(*client_); }), ETIMEDOUT);
  EXPECT_GE(Clock::now(), before + 49ms);  // the kernel's timeout is accurate to 1/64
  EXPECT_EQ(error_of([&] { read(*client_); }), ETIMEDOUT);
}

TEST_F(TcpTest, TimesOutWhenTheDeadlineHasPassed) {
  client_->write_all(bytes_of("x"));
  server_->set_deadline(Clock::now() - 1s);
  EXPECT_EQ(error_of([&] { read(*server_); }), ETIMEDOUT);
  server_->set_deadline(never);
  EXPECT_EQ(read(*server_), "x");
}

TEST_F(TcpTest, TimesOutWhenThePeerReadsNothing) {
  server_->set_deadline(Clock::now() + 50ms);
  const std::string much(64 * 1024 * 1024, 'x');
  EXPECT_EQ(error_of([&] { server_->write_all(bytes_of(much)); }), ETIMEDOUT);
}

TEST_F(TcpTest, ReportsAReset) {
  reset(*client_);
  EXPECT_EQ(thrown_by<SystemError>([&] { read(*server_); }),
            "receive from " + server_->peer().text() + ": Connection reset by peer");
}

TEST_F(TcpTest, ReportsEpipeWithoutASignal) {
  reset(*client_);
  EXPECT_EQ(error_of([&] { read(*server_); }), ECONNRESET);
  EXPECT_EQ(error_of([&] { server_->write_all(bytes_of("x")); }), EPIPE);
  EXPECT_NO_THROW(server_->finish_writing());
}

TEST_F(TcpTest, AbortEndsBothDirections) {
  client_->abort();
  // ECANCELED, not end of file or a reset.
  EXPECT_EQ(error_of([&] { read(*client_); }), ECANCELED);
  EXPECT_EQ(error_of([&] { client_->write_all(bytes_of("x")); }), ECANCELED);
  EXPECT_EQ(read(*server_), "");
}

TEST_F(TcpTest, SendsPartOfAFile) {
  const TemporaryDirectory directory;
  const Fd file(open(directory.write("file", "hello, world").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(server_->send_file(file, 7, 5), 5u);
  EXPECT_EQ(server_->Stream::send_file(file, 0, 5), 5u);  // the default of the base class
  server_.reset();
  EXPECT_EQ(read_all(*client_), "worldhello");
}

TEST_F(TcpTest, SendFileStopsAtTheEndOfTheFile) {
  const TemporaryDirectory directory;
  const Fd file(open(directory.write("file", "hello").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(server_->send_file(file, 3, 100), 2u);
  EXPECT_EQ(server_->Stream::send_file(file, 3, 100), 2u);
  EXPECT_EQ(server_->send_file(file, 0, 0), 0u);
  EXPECT_EQ(server_->send_file(file, 100, 5), 0u);
}

TEST_F(TcpTest, ReceivesAtMostTheGivenBytesIntoAFile) {
  const TemporaryDirectory directory;
  const Fd file(open(directory.write("file", "").c_str(), O_WRONLY | O_CLOEXEC));
  server_->write_all(bytes_of("hello, world"));
  server_->finish_writing();
  EXPECT_EQ(client_->receive_file(file, "file", 5), 5u);
  EXPECT_EQ(client_->Stream::receive_file(file, "file", 2), 2u);  // the default of the base class
  EXPECT_EQ(client_->receive_file(file, "file", 100), 5u);
  EXPECT_EQ(client_->receive_file(file, "file", 100), 0u);
  EXPECT_EQ(directory.read("file"), "hello, world");
}

TEST_F(TcpTest, NamesTheFileThatIsFull) {
  const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  server_->write_all(bytes_of("hello"));
  EXPECT_EQ(thrown_by<SystemError>([&] { client_->receive_file(full, "notes.txt", 5); }),
            "write notes.txt: No space left on device");
}

TEST_F(TcpTest, StopsListening) {
  listener_->stop_accepting();
  EXPECT_EQ(listener_->accept(), nullptr);
}

// A listening socket that another process also holds, e.g. systemd.
class AdoptedListenerTest : public TcpTest {
 protected:
  std::unique_ptr<Stream> connect() {
    return network_.connect(address_, add_saturating(network_.now(), 20s));
  }

  Fd socket_ = [] {
    Fd fd = call::socket(AF_INET, SOCK_STREAM);
    call::bind(fd.get(), Address::loopback(0));
    call::listen(fd.get(), 5);
    return fd;
  }();
  const Address address_ = call::local_address(socket_.get());
  std::unique_ptr<Listener> listener_ = network_.adopt(call::duplicate(socket_.get()));
};

TEST_F(AdoptedListenerTest, KeepsItsAddress) {
  EXPECT_EQ(listener_->local(), address_);
  const auto client = connect();
  const auto server = listener_->accept();
  ASSERT_TRUE(server);
  client->write_all(bytes_of("hello"));
  EXPECT_EQ(read(*server), "hello");
}

TEST_F(AdoptedListenerTest, StoppingLeavesTheSocketListening) {
  auto accepted = std::async(std::launch::async, [&] { return listener_->accept(); });
  listener_->stop_accepting();
  EXPECT_EQ(accepted.get(), nullptr);
  EXPECT_EQ(listener_->accept(), nullptr);
  listener_.reset();
  const auto client = connect();
  const auto next = network_.adopt(std::move(socket_));
  EXPECT_EQ(next->accept()->peer().text(), client->local().text());
}

TEST_F(AdoptedListenerTest, SharesClientsWithOtherListeners) {
  const auto first = connect();
  auto accepted = std::async(std::launch::async, [&] { return listener_->accept(); });
  const auto other = network_.adopt(call::duplicate(socket_.get()));
  auto taken = std::async(std::launch::async, [&] { return other->accept(); });
  const auto second = connect();  // each listener accepts one, and neither keeps waiting
  EXPECT_TRUE(accepted.get());
  EXPECT_TRUE(taken.get());
}

TEST_F(TcpTest, NamesTheAddressItCouldNotBind) {
  const Address taken = listener_->local();
  EXPECT_EQ(thrown_by<SystemError>([&] { network_.listen(taken); }),
            "bind " + taken.text() + ": Address already in use");
}

TEST_F(TcpTest, NamesTheServerItCouldNotReach) {
  const Address closed = listener_->local();
  listener_.reset();
  EXPECT_EQ(thrown_by<SystemError>(
                [&] { network_.connect(closed, add_saturating(network_.now(), 20s)); }),
            "connect " + closed.text() + ": Connection refused");
}

TEST_F(TcpTest, CanListenOnAPortInTimeWait) {
  const Address address = listener_->local();
  server_.reset();  // closed first, so it enters TIME_WAIT
  client_.reset();
  listener_.reset();
  EXPECT_NO_THROW(network_.listen(address));
}

TEST_F(TcpTest, AcceptsIpv4OnADualStackSocket) {
  std::unique_ptr<Listener> any = network_.listen(Address::any(0));
  const std::uint16_t port = any->local().port();
  const auto v4 = network_.connect(Address::loopback(port), add_saturating(network_.now(), 20s));
  EXPECT_EQ(any->accept()->peer().family(), AF_INET);
}

TEST_F(TcpTest, SleepsUntilAnInstant) {
  const Instant end = network_.now() + 20ms;
  network_.sleep_until(end);
  EXPECT_GE(network_.now(), end);
}

TEST(Transports, HaveNamesAndSummaries) {
  ASSERT_FALSE(transports().empty());
  EXPECT_EQ(tcp().name, "tcp");
  for (const Transport& transport : transports()) EXPECT_FALSE(transport.summary.empty());
}

TEST_F(TcpTest, AcceptEndsAtItsDeadline) {
  EXPECT_EQ(error_of([&] { listener_->accept(Clock::now() + 10ms); }), ETIMEDOUT);
}

// An accepted socket inherits the timeouts of the listening one (socket(7)).
TEST_F(TcpTest, AcceptWithADeadlineLeavesTheClientWithoutATimeout) {
  const auto client = network_.connect(listener_->local(), Clock::now() + 20s);
  const auto server = listener_->accept(Clock::now() + 20s);
  timeval timeout{};
  socklen_t size = sizeof timeout;
  getsockopt(tcp_descriptor(*server), SOL_SOCKET, SO_RCVTIMEO, &timeout, &size);
  EXPECT_EQ(timeout.tv_sec, 0);
  EXPECT_EQ(timeout.tv_usec, 0);
}

TEST_F(TcpTest, KnowsItsLocalAddress) {
  EXPECT_EQ(client_->local(), server_->peer());
  EXPECT_EQ(server_->local(), listener_->local());
}

TEST_F(TcpTest, IsReadableWhenAReadWouldReturn) {
  EXPECT_FALSE(server_->readable());
  client_->write_all(bytes_of("x"));
  EXPECT_EQ(read(*server_, 1), "x");
  EXPECT_FALSE(server_->readable());
  client_->finish_writing();
  EXPECT_EQ(read(*server_, 1), "");
  EXPECT_TRUE(server_->readable());
}

}  // namespace
}  // namespace netlab
