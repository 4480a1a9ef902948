// Which datagrams reach a server's connection: the kernel decides by the client's address. The
// client is a bare state machine, so it can send from any socket.
#include <gtest/gtest.h>
#include <poll.h>

#include <future>

#include "socket/syscalls.h"
#include "socket/udp_gso.h"
#include "support/thrown.h"
#include "transport/blocking_performer.h"
#include "transport/reliable_network.h"
#include "transport/reliable_stream.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class BareClient {
 public:
  explicit BareClient(const Address& server) : server_(server) {}

  const reliable::Connection& connection() const { return connection_; }
  Address local() const { return call::local_address(socket_.get()); }
  // Changes the client's address.
  void move() { socket_ = connected_udp_socket(server_, nullptr, 0); }
  void send(std::span<const std::byte> datagram) { call::send(socket_.get(), datagram, 0); }
  void greet() {
    run_until([&] { return connection_.is_established(); });
  }
  // Sends and receives until the condition holds.
  void run_until(const std::function<bool()>& holds) {
    while (!holds()) {
      transmit();
      pollfd readable{.fd = socket_.get(), .events = POLLIN, .revents = 0};
      ASSERT_GE(poll(&readable, 1, 20'000), 1);
      std::size_t segment = 0;
      const ssize_t got = receive_segments(socket_.get(), room_, segment);
      ASSERT_GT(got, 0);
      connection_.on_datagram(Clock::now(), std::span(room_).first(static_cast<std::size_t>(got)));
    }
  }

 private:
  void transmit() {
    for (;;) {
      const reliable::Batch batch = connection_.poll_transmit(Clock::now(), room_);
      if (batch.bytes == 0) return;
      send(std::span(room_).first(batch.bytes));
    }
  }

  const Address server_;
  Fd socket_ = connected_udp_socket(server_, nullptr, 0);
  reliable::Connection connection_{Clock::now(), {}, {.id = 77, .seed = 1}};
  std::vector<std::byte> room_ = std::vector<std::byte>(reliable::max_packet_size);
};

class PeerAddressTest : public testing::Test {
 protected:
  std::future<std::unique_ptr<Stream>> accept() {
    return std::async(std::launch::async, [this] { return listener_->accept(); });
  }

  BlockingPerformer performer_;
  ReliableNetwork network_{performer_};
  std::unique_ptr<Listener> listener_ = network_.listen(Address::loopback(0));
};

TEST_F(PeerAddressTest, ResetsAClientWhoseAddressHasChanged) {
  auto accepted = accept();
  BareClient client(listener_->local());
  client.greet();
  const auto server = accepted.get();
  auto next = accept();
  client.move();
  std::array<std::byte, 24> ping;
  reliable::emit(client.connection().peer_id(), reliable::Ping{1}, ping);
  client.send(ping);
  client.run_until([&] { return client.connection().error() != 0; });
  EXPECT_EQ(client.connection().error(), ECONNRESET);
  std::array<std::byte, 100> room;
  std::size_t segment = 0;
  EXPECT_EQ(receive_segments(server->first_wait()->socket->fd.get(), room, segment), -EAGAIN);
  listener_->stop_accepting();
  EXPECT_FALSE(next.get());
}

// The old client is silent; the new one connects from the same port.
TEST_F(PeerAddressTest, AcceptsARestartedClientFromTheSamePort) {
  auto accepted = accept();
  std::optional<BareClient> killed(listener_->local());
  killed->greet();
  const Address here = killed->local();
  auto failed = std::async(std::launch::async, [old = accepted.get()]() mutable {
    std::byte byte;
    const int error = error_of([&] { old->read_some({&byte, 1}); });
    old.reset();
    return error;
  });
  killed.reset();
  auto next = accept();
  ReliableStream client(performer_, connected_udp_socket(listener_->local(), &here, 0),
                        listener_->local(), {}, {.id = 78, .seed = 2});
  client.greet(Clock::now() + 20s);
  EXPECT_EQ(failed.get(), ECONNRESET);
  EXPECT_EQ(next.get()->peer(), here);
  client.abort();
}

}  // namespace
}  // namespace netlab
