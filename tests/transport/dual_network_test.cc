// A server of two transports on one port: with listeners that have the clients a test gives them,
// and with the real ones.
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

// Nothing but a name, which is its peer's port.
class Named : public Stream {
 public:
  explicit Named(std::uint16_t name) : Stream(Address::loopback(name)) {}
  std::size_t read_some(std::span<std::byte>) override { return 0; }
  void write_all(std::span<const std::byte>) override {}
  void finish_writing() override {}
  void abort() override {}
};

// As a datagram socket's: its descriptor is readable once, however many clients are behind it.
class Crowd : public Listener {
 public:
  explicit Crowd(std::uint16_t port = 0) : port_(port) {}
  void come(std::initializer_list<std::uint16_t> names) {
    names_.insert(names_.end(), names);
    call::raise_event(event_.get());
  }
  std::unique_ptr<Stream> accept() override { return nullptr; }
  std::unique_ptr<Stream> try_accept() override {
    std::uint64_t times = 0;
    const ssize_t got = read(event_.get(), &times, sizeof times);
    EXPECT_TRUE(got > 0 || errno == EAGAIN);
    if (names_.empty()) return nullptr;
    auto client = std::make_unique<Named>(names_.front());
    names_.pop_front();
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
  std::deque<std::uint16_t> names_;
};

class EitherListenerTest : public testing::Test {
 protected:
  std::uint16_t next() {
    const auto client = dual_.accept();
    return client ? client->peer().port() : 0;
  }

  BlockingPerformer performer_;
  Crowd* const first_ = new Crowd(7);  // the listener's
  Crowd* const second_ = new Crowd(8);
  DualListener dual_{performer_, std::unique_ptr<Listener>(first_),
                     std::unique_ptr<Listener>(second_)};
};

TEST_F(EitherListenerTest, TakesWhoComesWhicheverWay) {
  second_->come({1});
  EXPECT_EQ(next(), 1);
  first_->come({2});
  EXPECT_EQ(next(), 2);
  EXPECT_EQ(dual_.local().port(), 7);
}

TEST_F(EitherListenerTest, TakesTurnsWhenBothHaveMany) {
  first_->come({1, 2, 3, 4, 5});
  second_->come({11, 12});
  std::vector<std::uint16_t> order;
  for (int i = 0; i < 7; ++i) order.push_back(next());
  EXPECT_EQ(order, (std::vector<std::uint16_t>{1, 11, 2, 12, 3, 4, 5}));
}

TEST_F(EitherListenerTest, HasNobodyWhenNobodyIsThere) {
  EXPECT_FALSE(dual_.try_accept());
  first_->come({1});
  EXPECT_TRUE(dual_.try_accept());
  EXPECT_FALSE(dual_.try_accept());
}

TEST_F(EitherListenerTest, WaitsUntilSomebodyComes) {
  auto name = std::async(std::launch::async, [&] { return next(); });
  second_->come({5});
  EXPECT_EQ(name.get(), 5);
}

TEST_F(EitherListenerTest, CutsBothAndWakesWhoWaits) {
  auto name = std::async(std::launch::async, [&] { return next(); });
  dual_.stop_accepting();
  EXPECT_EQ(name.get(), 0);
  EXPECT_TRUE(first_->is_stopped);
  EXPECT_TRUE(second_->is_stopped);
  first_->come({1});
  EXPECT_EQ(next(), 0);
}

// Listens at the ports it is told, and not at all where it has an error for it.
class Ports : public Network {
 public:
  struct Told {
    std::uint16_t port = 0;
    int error = 0;
  };
  explicit Ports(std::deque<Told>& told) : acked_largest_(told) {}

  std::unique_ptr<Listener> listen(const Address& address) override {
    const Told next = acked_largest_.front();
    if (acked_largest_.size() > 1) acked_largest_.pop_front();
    asked.push_back(address.port());
    if (next.error != 0) throw SystemError("bind", next.error);
    return std::make_unique<Crowd>(next.port);
  }
  std::unique_ptr<Listener> adopt(Fd) override { return std::make_unique<Crowd>(77); }
  std::unique_ptr<Stream> connect(const Address&, Instant) override {
    return std::make_unique<Named>(78);
  }
  Instant now() const override { return Clock::now(); }
  void sleep_until(Instant) override {}

  static inline std::vector<std::uint16_t> asked;  // of both, in their order

 private:
  std::deque<Told>& acked_largest_;
};

class EitherNetworkTest : public testing::Test {
 protected:
  EitherNetworkTest() { Ports::asked.clear(); }
  static Transport transport(std::deque<Ports::Told>& told, bool has_backlog = true) {
    return {.name = "told",
            .summary = "where it is told",
            .over = [&told](Performer&) { return std::make_unique<Ports>(told); },
            .has_backlog = has_backlog};
  }
  using Asked = std::vector<std::uint16_t>;

  BlockingPerformer performer_;
  std::deque<Ports::Told> first_{{5}, {6}, {7}};
  std::deque<Ports::Told> second_{{}};
  DualNetwork network_{performer_, transport(first_), transport(second_)};
};

TEST_F(EitherNetworkTest, ListensWithBothOnThePortThatTheFirstGot) {
  EXPECT_EQ(network_.listen(Address::loopback(0))->local().port(), 5);
  EXPECT_EQ(Ports::asked, (Asked{0, 5}));
}

TEST_F(EitherNetworkTest, TriesAnotherPortWhenTheSystemChoseOneThatIsTaken) {
  second_ = {{.error = EADDRINUSE}, {.error = EADDRINUSE}, {}};
  EXPECT_EQ(network_.listen(Address::loopback(0))->local().port(), 7);
  EXPECT_EQ(Ports::asked, (Asked{0, 5, 0, 6, 0, 7}));
}

TEST_F(EitherNetworkTest, TriesNoOtherPortThanTheOneAskedFor) {
  second_ = {{.error = EADDRINUSE}, {}};
  EXPECT_EQ(error_of([&] { network_.listen(Address::loopback(5)); }), EADDRINUSE);
  EXPECT_EQ(Ports::asked, (Asked{5, 5}));
}

TEST_F(EitherNetworkTest, TriesNotAgainForAnotherReason) {
  second_ = {{.error = EACCES}, {}};
  EXPECT_EQ(error_of([&] { network_.listen(Address::loopback(0)); }), EACCES);
}

TEST_F(EitherNetworkTest, TriesNotForEver) {
  second_ = {{.error = EADDRINUSE}};
  EXPECT_EQ(error_of([&] { network_.listen(Address::loopback(0)); }), EADDRINUSE);
  EXPECT_EQ(Ports::asked.size(), 2u * 16);
}

TEST_F(EitherNetworkTest, ConnectsAndTakesOverByTheFirst) {
  second_ = {{.error = EACCES}};
  EXPECT_EQ(network_.connect(Address::loopback(1), never)->peer().port(), 78);
  EXPECT_EQ(network_.adopt({})->local().port(), 77);
}

TEST_F(EitherNetworkTest, ConnectsAheadWhereBothDo) {
  for (const bool one : {false, true})
    for (const bool other : {false, true})
      EXPECT_EQ(either(transport(first_, one), transport(second_, other)).has_backlog,
                one && other);
}

TEST(EitherTransport, TakesClientsOfTcpAndOfUdpOnOnePort) {
  BlockingPerformer performer;
  const auto network = either(tcp(), reliable_udp()).over(performer);
  const auto listener = network->listen(Address::loopback(0));
  for (const Transport& transport : {reliable_udp(), tcp(), reliable_udp()}) {
    const auto way = transport.over(performer);
    auto greeting = std::async(std::launch::async, [&] {
      const auto client = way->connect(listener->local(), Clock::now() + 20s);
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
