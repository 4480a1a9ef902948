// A peer or an attacker on the path that breaks the rules of the protocol.
#include "support/simulated.h"

namespace netlab::simulated {
namespace {

using namespace reliable;

class HostilePeerTest : public testing::Test {
 protected:
  // Runs both ends until the client's data has arrived.
  void begin() {
    settings_.client.finishes = settings_.server.finishes = false;
    simulation_.emplace(settings_);
    ASSERT_TRUE(simulation_->run_until(
        [&] { return simulation_->server().bytes_read() == settings_.client.writes; }));
  }
  Connection& client() { return *simulation_->client().connection; }
  Connection& server() { return *simulation_->server().connection; }

  template <typename Body>
  std::span<const std::byte> packet(std::uint64_t to, const Body& body) {
    return std::span(room_).first(emit(to, body, room_));
  }
  std::span<const std::byte> data(const Data& data, std::size_t size) {
    const auto packet = std::span(room_).first(data_header_size + size);
    emit_around(server().id(), data, packet);
    return packet;
  }

  SimulationSettings settings_ = usual();
  std::optional<Simulation> simulation_;
  std::vector<std::byte> room_ = std::vector<std::byte>(max_packet_size);
};

TEST_F(HostilePeerTest, EndsOnAnAckForAPacketNeverSent) {
  begin();
  Ack ack{.largest = client().sender().recovery().next_number()};
  simulation_->deliver_to_client(packet(client().id(), ack));
  EXPECT_EQ(client().error(), EPROTO);
  simulation_->run(1s);
  EXPECT_EQ(server().error(), ECONNRESET);  // the client has sent CLOSE
}

// Some packet numbers are skipped, to detect a receiver that acknowledges packets before they
// arrive (optimistic ACK).
TEST_F(HostilePeerTest, DetectsOptimisticAcks) {
  settings_.client.writes = 2'000'000;
  settings_.up.link.rate = 5'000'000;
  settings_.client.finishes = false;
  simulation_.emplace(settings_);
  const auto is_caught = [&] {
    if (!client().is_established()) return false;
    const Recovery& recovery = client().sender().recovery();
    if (recovery.sent_packets().packets() < 3) return false;
    Ack ack{.largest = recovery.next_number() - 1};
    ack.count = 1;
    ack.ranges[0] = {recovery.sent_packets().first(), recovery.next_number()};
    simulation_->deliver_to_client(packet(client().id(), ack));
    return client().error() != 0;
  };
  EXPECT_TRUE(simulation_->run_until(is_caught, 1min));
  EXPECT_EQ(client().error(), EPROTO);
}

TEST_F(HostilePeerTest, EndsOnAnAckForBytesNeverSent) {
  begin();
  Ack ack{.largest = client().sender().recovery().next_number() - 1};
  ack.cumulative_ack = settings_.client.writes + 1;
  simulation_->deliver_to_client(packet(client().id(), ack));
  EXPECT_EQ(client().error(), EPROTO);
}

TEST_F(HostilePeerTest, EndsOnDataBeyondFlowControl) {
  begin();
  const std::uint64_t max_data = server().receiver().buffer().max_data();
  simulation_->deliver_to_server(data({.number = 1, .offset = max_data - 100}, 100));
  EXPECT_EQ(server().error(), 0);
  simulation_->deliver_to_server(data({.number = 2, .offset = max_data - 99}, 100));
  EXPECT_EQ(server().error(), EPROTO);
}

TEST_F(HostilePeerTest, EndsOnTwoDifferentEndsOfStream) {
  begin();
  const std::uint64_t end = settings_.client.writes;
  simulation_->deliver_to_server(data({.number = 1, .offset = end + 50, .last = true}, 0));
  EXPECT_EQ(server().error(), 0);
  simulation_->deliver_to_server(data({.number = 2, .offset = end + 40, .last = true}, 0));
  EXPECT_EQ(server().error(), EPROTO);
}

TEST_F(HostilePeerTest, EndsOnBytesAfterTheEndOfStream) {
  begin();
  const std::uint64_t end = settings_.client.writes;
  simulation_->deliver_to_server(data({.number = 1, .offset = end + 50, .last = true}, 0));
  simulation_->deliver_to_server(data({.number = 2, .offset = end + 45}, 10));
  EXPECT_EQ(server().error(), EPROTO);
}

TEST_F(HostilePeerTest, IgnoresPacketsWithAnotherId) {
  begin();
  simulation_->deliver_to_client(packet(client().id() + 1, Close{Close::Code::aborted}));
  simulation_->deliver_to_client(packet(client().id(), Gone{}));
  simulation_->deliver_to_client(packet(client().id() + 1, Ack{.largest = 1}));
  EXPECT_EQ(client().error(), 0);
  EXPECT_FALSE(client().is_closed());
  simulation_->deliver_to_client(
      packet(server().id(), Gone{}));  // GONE carries the ID that the client sends to
  EXPECT_EQ(client().error(), ECONNRESET);
}

// An attacker that guesses two ports can forge ICMP "port unreachable": a peer that answers is
// alive.
TEST_F(HostilePeerTest, ProbesThePeerOnIcmpUnreachable) {
  begin();
  for (int i = 0; i < 500; ++i) {  // for five seconds
    client().on_refused(simulation_->now());
    server().on_refused(simulation_->now());
    simulation_->transmit();
    simulation_->run_until([] { return false; }, 10ms);
  }
  EXPECT_EQ(client().error(), 0);
  EXPECT_EQ(server().error(), 0);
}

TEST_F(HostilePeerTest, BelievesIcmpUnreachableIfThePeerIsSilent) {
  begin();
  client().on_refused(simulation_->now());
  EXPECT_EQ(client().error(), 0);
  client().on_refused(simulation_->now() + 2999ms);
  EXPECT_EQ(client().error(), 0);
  client().on_refused(simulation_->now() + 3s);
  EXPECT_EQ(client().error(), ECONNRESET);
}

// An attacker can send HELLO from a forged address. The peer is probed at a limited rate and stays
// connected.
TEST_F(HostilePeerTest, ProbesThePeerOnAForgedHello) {
  begin();
  const std::uint64_t before = simulation_->packets_down();
  for (std::uint64_t i = 0; i < 5000; ++i) {  // for five seconds
    simulation_->deliver_to_server(
        packet(0, Hello{1 + i, {Strategy::selective_repeat, 1200, 1, 1}, {}}));
    simulation_->run_until([] { return false; }, 1ms);
  }
  EXPECT_EQ(server().error(), 0);
  EXPECT_EQ(client().error(), 0);
  EXPECT_GE(simulation_->packets_down() - before, 9u);  // only PINGs
  EXPECT_LE(simulation_->packets_down() - before, 11u);
}

// A client that is still connecting replies GONE to packets for another ID, at a limited rate.
TEST_F(HostilePeerTest, RepliesGoneForAnotherIdDuringTheHandshake) {
  settings_.up.link.loss = 1;
  simulation_.emplace(settings_);
  const std::uint64_t before = simulation_->packets_up();
  simulation_->deliver_to_client(packet(client().id() + 2, Close{}));
  simulation_->deliver_to_client(packet(client().id() + 2, Gone{}));
  EXPECT_EQ(simulation_->packets_up(), before);  // neither packet expects a reply
  std::array<std::byte, 24> ping;
  emit(client().id() + 2, Ping{1}, ping);
  for (int i = 0; i < 100; ++i) {  // for a tenth of a second
    simulation_->deliver_to_client(ping);
    simulation_->run_until([] { return false; }, 1ms);
  }
  EXPECT_EQ(simulation_->packets_up() - before, 5u);
  EXPECT_EQ(client().error(), 0);
}

TEST_F(HostilePeerTest, IgnoresPacketsForAnotherIdOnceEstablished) {
  begin();
  const std::uint64_t before = simulation_->packets_up() + simulation_->packets_down();
  std::array<std::byte, 24> ping;
  emit(client().id() + 2, Ping{1}, ping);
  simulation_->deliver_to_client(ping);
  simulation_->deliver_to_server(ping);
  EXPECT_EQ(simulation_->packets_up() + simulation_->packets_down(), before);
}

TEST_F(HostilePeerTest, IcmpUnreachableRefusesANewConnection) {
  Connection connection(Instant(1h), {}, {.id = 1, .seed = 1});
  connection.on_refused(Instant(1h));
  EXPECT_EQ(connection.error(), ECONNREFUSED);
}

TEST_F(HostilePeerTest, AnswersNothingAfterAnAbort) {
  begin();
  client().abort();
  simulation_->transmit();
  const std::uint64_t before = simulation_->packets_up();
  simulation_->deliver_to_client(packet(client().id(), Ack{}));
  EXPECT_EQ(simulation_->packets_up(), before);
}

// The checksum detects each of them.
TEST_F(HostilePeerTest, DropsPacketsWithAnyFlippedHeaderBit) {
  settings_.server.writes = 0;
  for (std::size_t bit = 0; bit < 8 * data_header_size; ++bit) {
    begin();
    auto bytes = data({.number = 5, .offset = 0}, 100);
    std::vector<std::byte> flipped(bytes.begin(), bytes.end());
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    simulation_->deliver_to_server(flipped);
    EXPECT_EQ(server().error(), 0) << bit;
    EXPECT_EQ(server().dropped_datagrams(), 1u) << bit;
  }
}

TEST_F(HostilePeerTest, KeepsNoStateForUnvalidatedHellos) {
  settings_.up.link.loss = 1;
  simulation_.emplace(settings_);
  for (std::uint64_t id = 1; id <= 10'000; ++id)
    simulation_->deliver_to_server(
        packet(0, Hello{id, {Strategy::selective_repeat, 1200, 1, 1}, {}}));
  EXPECT_FALSE(simulation_->server().connection);
  EXPECT_EQ(simulation_->violation(), "");
  EXPECT_LT(20 * simulation_->sent_unvalidated(), simulation_->received_unvalidated());
}

TEST_F(HostilePeerTest, LimitsItsHellosOnRepeatedRetries) {
  settings_.up.link.loss = 1;
  simulation_.emplace(settings_);
  const std::vector<std::byte> token(16);
  for (int i = 0; i < 1000; ++i)
    simulation_->deliver_to_client(packet(client().id(), Retry{token}));
  EXPECT_LT(simulation_->packets_up(), 12u);
}

TEST_F(HostilePeerTest, RejectsParametersAboveItsProposal) {
  settings_.up.link.loss = 1;
  simulation_.emplace(settings_);
  simulation_->deliver_to_client(
      packet(client().id(), Welcome{7, {Strategy::selective_repeat, 9000, 10, 1000}}));
  EXPECT_EQ(client().error(), EPROTO);
}

TEST_F(HostilePeerTest, IgnoresRandomBytes) {
  begin();
  auto rng_state = std::uint64_t{1};
  for (int i = 0; i < 10'000; ++i) {
    for (std::size_t at = 0; at < 100; ++at)
      room_[at] = static_cast<std::byte>((rng_state = rng_state * 6364136223846793005 + 1) >> 56);
    simulation_->deliver_to_server(std::span(room_).first(rng_state % 100));
  }
  EXPECT_EQ(server().error(), 0);
  EXPECT_EQ(simulation_->violation(), "");
}

}  // namespace
}  // namespace netlab::simulated
