// A server of two transports on one port: with fake listeners that a test feeds with clients, and
// with the real ones.
#include "transport/dual_network.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <future>

#include "base/bytes.h"
#include "socket/syscalls.h"
#include "support/thrown.h"
#include "transport/blocking_performer.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

// A stream that only has a peer, identified by its port.
class FakeStream : public Stream {
 public:
  explicit FakeStream(std::uint16_t port) : Stream(Address::loopback(port)) {}
  std::size_t read_some(std::span<std::byte>) override { return 0; }
  void write_all(std::span<const std::byte>) override {}
  void finish_writing() override {}
  void abort() override {}
};

// Like the listener of a datagram socket: its descriptor becomes readable once for several clients.
class FakeListener : public Listener {
 public:
  explicit FakeListener(std::uint16_t port = 0) : port_(port) {}
  void add_clients(std::initializer_list<std::uint16_t> ports) {
    clients_.insert(clients_.end(), ports);
    call::raise_event(event_.get());
  }
  std::unique_ptr<Stream> accept(Instant) override { return nullptr; }
  std::unique_ptr<Stream> try_accept() override {
    std::uint64_t times = 0;
    const ssize_t got = read(event_.get(), &times, sizeof times);
    EXPECT_TRUE(got > 0 || errno == EAGAIN);
    if (clients_.empty()) return nullptr;
    auto client = std::make_unique<FakeStream>(clients_.front());
    clients_.pop_front();
    return client;
  }
  int poll_fd() override {
    call::set_blocking(event_.get(), false);
    return event_.get();
  }
  Address local() const override { return Address::loopback(port_); }
  void stop_accepting() override { is_stopped = true; }

  bool is_stopped = false;

 private:
  const std::uint16_t port_;
  Fd event_ = call::event_descriptor();
  std::deque<std::uint16_t> clients_;
};

class DualListenerTest : public testing::Test {
 protected:
  std::uint16_t next() {
    const auto client = dual_.accept();
    return client ? client->peer().port() : 0;
  }

  BlockingPerformer performer_;
  FakeListener* const first_ = new FakeListener(7);  // owned by dual_
  FakeListener* const second_ = new FakeListener(8);
  DualListener dual_{performer_, std::unique_ptr<Listener>(first_),
                     std::unique_ptr<Listener>(second_)};
};

TEST_F(DualListenerTest, AcceptsFromEitherListener) {
  second_->add_clients({1});
  EXPECT_EQ(next(), 1);
  first_->add_clients({2});
  EXPECT_EQ(next(), 2);
  EXPECT_EQ(dual_.local().port(), 7);
}

TEST_F(DualListenerTest, AlternatesWhenBothHaveClients) {
  first_->add_clients({1, 2, 3, 4, 5});
  second_->add_clients({11, 12});
  std::vector<std::uint16_t> order;
  for (int i = 0; i < 7; ++i) order.push_back(next());
  EXPECT_EQ(order, (std::vector<std::uint16_t>{1, 11, 2, 12, 3, 4, 5}));
}

TEST_F(DualListenerTest, ReturnsNothingWithoutAClient) {
  EXPECT_FALSE(dual_.try_accept());
  first_->add_clients({1});
  EXPECT_TRUE(dual_.try_accept());
  EXPECT_FALSE(dual_.try_accept());
}

TEST_F(DualListenerTest, WaitsForAClient) {
  auto port = std::async(std::launch::async, [&] { return next(); });
  second_->add_clients({5});
  EXPECT_EQ(port.get(), 5);
}

TEST_F(DualListenerTest, StoppingStopsBothAndWakesAWaiter) {
  auto port = std::async(std::launch::async, [&] { return next(); });
  dual_.stop_accepting();
  EXPECT_EQ(port.get(), 0);
  EXPECT_TRUE(first_->is_stopped);
  EXPECT_TRUE(second_->is_stopped);
  first_->add_clients({1});
  EXPECT_EQ(next(), 0);
}

// Listens on scripted ports, or fails with scripted errors.
class ScriptedNetwork : public Network {
 public:
  struct ListenResult {
    std::uint16_t port = 0;
    int error = 0;
  };
  explicit ScriptedNetwork(std::deque<ListenResult>& script) : script_(script) {}

  std::unique_ptr<Listener> listen(const Address& address) override {
    const ListenResult next = script_.front();
    if (script_.size() > 1) script_.pop_front();
    requested_ports.push_back(address.port());
    if (next.error != 0) throw SystemError("bind", next.error);
    return std::make_unique<FakeListener>(next.port);
  }
  std::unique_ptr<Listener> adopt(Fd) override { return std::make_unique<FakeListener>(77); }
  std::unique_ptr<Stream> connect(const Address&, Instant) override {
    return std::make_unique<FakeStream>(78);
  }
  Instant now() const override { return Clock::now(); }
  void sleep_until(Instant) override {}

  static inline std::vector<std::uint16_t> requested_ports;  // by both networks, in order

 private:
  std::deque<ListenResult>& script_;
};

class DualNetworkTest : public testing::Test {
 protected:
  DualNetworkTest() { ScriptedNetwork::requested_ports.clear(); }
  static Transport transport(std::deque<ScriptedNetwork::ListenResult>& script,
                             bool has_backlog = true) {
    return {.name = "scripted",
            .summary = "on scripted ports",
            .over = [&script](Performer&) { return std::make_unique<ScriptedNetwork>(script); },
            .has_backlog = has_backlog};
  }
  using Requested = std::vector<std::uint16_t>;

  BlockingPerformer performer_;
  std::deque<ScriptedNetwork::ListenResult> first_{{5}, {6}, {7}};
  std::deque<ScriptedNetwork::ListenResult> second_{{}};
  DualNetwork network_{performer_, transport(first_), transport(second_)};
};

TEST_F(DualNetworkTest, SecondListensOnThePortOfTheFirst) {
  EXPECT_EQ(network_.listen(Address::loopback(0))->local().port(), 5);
  EXPECT_EQ(ScriptedNetwork::requested_ports, (Requested{0, 5}));
}

TEST_F(DualNetworkTest, RetriesWhenTheChosenPortIsTaken) {
  second_ = {{.error = EADDRINUSE}, {.error = EADDRINUSE}, {}};
  EXPECT_EQ(network_.listen(Address::loopback(0))->local().port(), 7);
  EXPECT_EQ(ScriptedNetwork::requested_ports, (Requested{0, 5, 0, 6, 0, 7}));
}

TEST_F(DualNetworkTest, DoesNotRetryAGivenPort) {
  second_ = {{.error = EADDRINUSE}, {}};
  EXPECT_EQ(error_of([&] { network_.listen(Address::loopback(5)); }), EADDRINUSE);
  EXPECT_EQ(ScriptedNetwork::requested_ports, (Requested{5, 5}));
}

TEST_F(DualNetworkTest, DoesNotRetryOtherErrors) {
  second_ = {{.error = EACCES}, {}};
  EXPECT_EQ(error_of([&] { network_.listen(Address::loopback(0)); }), EACCES);
}

TEST_F(DualNetworkTest, LimitsItsRetries) {
  second_ = {{.error = EADDRINUSE}};
  EXPECT_EQ(error_of([&] { network_.listen(Address::loopback(0)); }), EADDRINUSE);
  EXPECT_EQ(ScriptedNetwork::requested_ports.size(), 2u * 16);
}

TEST_F(DualNetworkTest, ConnectsAndAdoptsWithTheFirst) {
  second_ = {{.error = EACCES}};
  EXPECT_EQ(network_.connect(Address::loopback(1), never)->peer().port(), 78);
  EXPECT_EQ(network_.adopt({})->local().port(), 77);
}

TEST_F(DualNetworkTest, HasABacklogOnlyIfBothDo) {
  for (const bool one : {false, true})
    for (const bool other : {false, true})
      EXPECT_EQ(either(transport(first_, one), transport(second_, other)).has_backlog,
                one && other);
}

TEST(DualTransport, AcceptsTcpAndUdpClientsOnOnePort) {
  BlockingPerformer performer;
  const auto network = either(tcp(), reliable_udp()).over(performer);
  const auto listener = network->listen(Address::loopback(0));
  for (const Transport& transport : {reliable_udp(), tcp(), reliable_udp()}) {
    const auto client_network = transport.over(performer);
    auto greeting = std::async(std::launch::async, [&] {
      const auto client = client_network->connect(listener->local(), Clock::now() + 20s);
      client->set_deadline(Clock::now() + 20s);
      client->write_all(bytes_of("hello"));
      client->finish_writing();
      std::byte none;
      EXPECT_EQ(client->read_some({&none, 1}), 0u);
    });
    const auto client = listener->accept();
    ASSERT_TRUE(client);
    client->set_deadline(Clock::now() + 20s);
    std::array<std::byte, 5> hello;
    for (std::size_t got = 0; got < hello.size();)
      got += client->read_some(std::span(hello).subspan(got));
    client->finish_writing();
    client->close();
    greeting.get();
  }
}

}  // namespace
}  // namespace netlab
