// Two ends of the reliable transport in networks that each have one fault.
#include "support/scenario.h"

namespace netlab::simulated {
namespace {

using reliable::Strategy;

TEST_F(ReliableScenario, TransfersBytesBothWaysAndEnds) {
  // Two round trips of 20 ms for the handshake, five for the doubling window, one for the end.
  EXPECT_LT(succeed(), 170ms);
}

TEST_F(ReliableScenario, TransfersNothing) {
  settings_.client.writes = settings_.server.writes = 0;
  EXPECT_LT(succeed(), 100ms);
}

TEST_F(ReliableScenario, CanReadAfterFinishingItsWrites) {
  settings_.client.writes = 0;
  settings_.server.writes = 500'000;
  succeed();
}

TEST_F(ReliableScenario, SurvivesTheLossOfEachOfTheFirst64Packets) {
  for (std::uint64_t lost = 1; lost <= 64; ++lost) {
    settings_ = usual();
    up().drop = {{lost, lost}};
    EXPECT_LT(succeed(), 2500ms) << "up, " << lost;
    up().drop.clear();
    down().drop = {{lost, lost}};
    EXPECT_LT(succeed(), 2500ms) << "down, " << lost;
  }
}

TEST_F(ReliableScenario, SurvivesManyLosses) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    settings_ = usual();
    settings_.seed = seed;
    for (std::uint64_t at = 1 + seed % 7; at < 200; at += 2 + (at * seed) % 9) {
      up().drop.push_back({at, at});
      down().drop.push_back({at + 1, at + 1});
    }
    EXPECT_LT(succeed(), 30s) << seed;
  }
}

TEST_F(ReliableScenario, SurvivesHeavyLoss) {
  int successes = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    settings_.seed = seed;
    up().loss = down().loss = 0.3;
    Simulation simulation(settings_);
    simulation.run();
    EXPECT_EQ(simulation.violation(), "");
    successes += simulation.client().has_read_all() && simulation.server().has_read_all();
  }
  EXPECT_GE(successes, 95);
}

TEST_F(ReliableScenario, RetransmitsLittleMoreThanWasLost) {
  settings_.client.writes = 1'000'000;
  up().loss = 0.01;
  Simulation simulation(settings_);
  simulation.run();
  expect_success(simulation, settings_);
  const double lost = 0.01 * 1'000'000;
  EXPECT_LT(static_cast<double>(simulation.client().connection->sender().retransmitted_bytes()),
            2.5 * lost);
}

TEST_F(ReliableScenario, IgnoresDuplicates) {
  up().duplicate = down().duplicate = 1;
  EXPECT_LT(succeed(), 200ms);
}

TEST_F(ReliableScenario, SurvivesReordering) {
  for (int late = 0; late <= 50; late += 5) {
    up().reorder = down().reorder = 0.2;
    up().reorder_by = down().reorder_by = late * 1ms;
    EXPECT_LT(succeed(), 3s) << late;
  }
}

TEST_F(ReliableScenario, DropsCorruptedPackets) {
  up().corrupt = down().corrupt = 0.1;
  Simulation simulation(settings_);
  simulation.run();
  expect_success(simulation, settings_);
  EXPECT_GT(simulation.server().connection->dropped_datagrams(), 0u);
}

TEST_F(ReliableScenario, SurvivesLostAcknowledgements) {
  settings_.server.writes = 0;
  down().loss = 0.5;
  EXPECT_LT(succeed(), 15s);
}

TEST_F(ReliableScenario, SurvivesTheLossOfTheFinalPackets) {
  Simulation whole(settings_);
  whole.run();
  for (std::uint64_t back = 0; back < 6; ++back) {
    settings_ = usual();
    const std::uint64_t last_up = whole.packets_up() - back;
    up().drop = {{last_up, last_up + 1}};
    EXPECT_LT(succeed(), 2s) << back;
    settings_ = usual();
    const std::uint64_t last_down = whole.packets_down() - back;
    down().drop = {{last_down, last_down + 1}};
    EXPECT_LT(succeed(), 2s) << back;
  }
}

// The last two packets and the single probe of the first timeout are lost. The two probes of the
// second timeout repeat both packets, without waiting for an acknowledgement.
TEST_F(ReliableScenario, RepairsTwoLossesAtTheEndWithOneTimeout) {
  constexpr std::uint64_t payload = reliable::base_packet_size - reliable::data_header_size;
  settings_.client.writes = 8 * payload - 100;
  settings_.server.writes = 0;
  settings_.server.finishes = false;
  constexpr std::uint64_t hellos = 2;
  up().drop = {{hellos + 7, hellos + 9}};
  Simulation simulation(settings_);
  const auto has_arrived = [&] { return simulation.server().has_read_all(); };
  EXPECT_TRUE(simulation.run_until(has_arrived, 10s));
  EXPECT_EQ(simulation.packets_up(), hellos + 8 + 1 + 2);
}

TEST_F(ReliableScenario, SurvivesABlackoutShorterThanTheIdleTimeout) {
  up().rate = 200'000;  // slow enough to be in the middle of the transfer
  settings_.up.blackouts = settings_.down.blackouts = {{100ms, 29s}};
  succeed();
}

TEST_F(ReliableScenario, TimesOutInABlackoutLongerThanTheIdleTimeout) {
  up().rate = 200'000;  // slow enough to be in the middle of the transfer
  settings_.up.blackouts = settings_.down.blackouts = {{100ms, 24h}};
  Simulation simulation(settings_);
  simulation.run();
  EXPECT_TRUE(simulation.is_closed());
  EXPECT_EQ(simulation.client().connection->error(), ETIMEDOUT);
  EXPECT_EQ(simulation.server().connection->error(), ETIMEDOUT);
  EXPECT_GT(simulation.passed(), 30s);
  EXPECT_LT(simulation.passed(), 45s);  // an end that only receives probes after ten seconds
}

TEST_F(ReliableScenario, GivesUpWithoutAServer) {
  settings_.up.link.loss = 1;
  Simulation simulation(settings_);
  simulation.run();
  EXPECT_EQ(simulation.client().connection->error(), ETIMEDOUT);
  EXPECT_EQ(simulation.passed(), 10s);
}

TEST_F(ReliableScenario, StaysConnectedWhileThePeerAnswers) {
  settings_.client.finishes = settings_.server.finishes = false;
  Simulation simulation(settings_);
  EXPECT_FALSE(simulation.run_until([&] { return simulation.is_closed(); }, 10h));
  EXPECT_EQ(simulation.client().connection->error(), 0);
  EXPECT_EQ(simulation.server().bytes_read(), settings_.client.writes);
  EXPECT_LT(simulation.packets_up(), 10 * 3600 / 10 * 3 + 200);  // keep-alives
}

TEST_F(ReliableScenario, WaitsForASlowReader) {
  settings_.server.reads_at_once = 1000;
  settings_.server.reading_pause = 50ms;
  EXPECT_GE(succeed(), 5s);
}

TEST_F(ReliableScenario, WaitsForAReaderThatPauses) {
  settings_.server.reads_after = 1h;
  Simulation simulation(settings_);
  EXPECT_FALSE(simulation.run_until([&] { return simulation.is_closed(); }, 59min));
  // A full window, and then a probe now and then.
  EXPECT_EQ(simulation.client().connection->sender().max_data(), 64u * 1024);
  EXPECT_LT(simulation.packets_up(), 60 + 59 * 60);
  simulation.run();
  expect_success(simulation, settings_);
}

TEST_F(ReliableScenario, RecoversALostWindowUpdate) {
  settings_.server.reads_after = 5s;
  settings_.server.writes = 0;
  settings_.down.blackouts = {{4900ms, 5100ms}};  // when the window update is sent
  EXPECT_LT(succeed(), 15s);
}

TEST_F(ReliableScenario, FindsALargerPathMtuAndSurvivesItsShrinking) {
  settings_.client.connection.max_datagram = settings_.server.connection.max_datagram = 9000;
  settings_.up.mtu = 9000;
  settings_.client.writes = 3'000'000;
  up().rate = 1'000'000;
  settings_.up.mtu_changes = 1s;
  settings_.up.later_mtu = 1300;
  Simulation simulation(settings_);
  const auto size = [&] {
    const auto& client = *simulation.client().connection;
    return client.is_established() ? client.sender().mtu().size() : 0;
  };
  EXPECT_TRUE(simulation.run_until([&] { return size() == 9000; }, 1s));
  EXPECT_TRUE(simulation.run_until([&] { return size() == 1200; }, 10s));
  simulation.run();
  expect_success(simulation, settings_);
}

TEST_F(ReliableScenario, AgreesOnTheSmallerDatagramSize) {
  settings_.client.connection.max_datagram = 9000;
  settings_.server.connection.max_datagram = 1400;
  settings_.up.mtu = 9000;
  Simulation simulation(settings_);
  simulation.run();
  EXPECT_EQ(simulation.client().connection->sender().mtu().size(), 1400u);
  expect_success(simulation, settings_);
}

TEST_F(ReliableScenario, AgreesOnTheSmallerWindow) {
  settings_.client.connection.window = 20;
  settings_.server.connection.window = 5;
  Simulation simulation(settings_);
  simulation.run();
  expect_success(simulation, settings_);
  EXPECT_EQ(simulation.client().connection->parameters().window, 5u);
  EXPECT_EQ(simulation.server().connection->parameters().window, 5u);
}

// The formula of the textbook: 86 packets of 1168 bytes, each with a round trip of 20 ms.
TEST_F(ReliableScenario, StopAndWaitSendsOnePacketPerRoundTrip) {
  settings_.client.connection.strategy = Strategy::stop_and_wait;
  settings_.server.writes = 0;
  settings_.server.connection.ack_delay = {};
  const Duration took = succeed();
  EXPECT_GT(took, 86 * 20ms);
  EXPECT_LT(took, 90 * 20ms);
}

// A loss costs one packet, or everything that was sent since.
TEST_F(ReliableScenario, GoBackNRetransmitsMore) {
  std::uint64_t retransmitted[2];
  for (const auto& [i, strategy] :
       {std::pair{0, Strategy::selective_repeat}, std::pair{1, Strategy::go_back_n}}) {
    settings_ = usual();
    settings_.client.connection.strategy = strategy;
    settings_.client.writes = 1'000'000;
    up().loss = 0.02;
    Simulation simulation(settings_);
    simulation.run();
    expect_success(simulation, settings_);
    retransmitted[i] = simulation.client().connection->sender().retransmitted_bytes();
  }
  EXPECT_GT(retransmitted[1], 3 * retransmitted[0]);
}

TEST_F(ReliableScenario, CompletesInTimeWithEveryStrategy) {
  for (const reliable::ArqRow& arq : reliable::arqs()) {
    settings_ = usual();
    settings_.client.connection.strategy = arq.strategy;
    up().loss = down().loss = 0.05;
    EXPECT_LT(succeed(), 30s) << arq.name;
  }
}

TEST_F(ReliableScenario, AbortEndsBothEndsAtOnce) {
  settings_.client.finishes = false;
  Simulation simulation(settings_);
  EXPECT_TRUE(simulation.run_until([&] { return simulation.server().bytes_read() > 50'000; }));
  const Duration before = simulation.passed();
  simulation.server().connection->abort();
  simulation.transmit();
  simulation.run();
  EXPECT_LT(simulation.passed() - before, 11ms);
  EXPECT_EQ(simulation.client().connection->error(), ECONNRESET);
}

TEST_F(ReliableScenario, KeepsItsPathMtuThroughAnOutage) {
  settings_.client.connection.max_datagram = settings_.server.connection.max_datagram = 9000;
  settings_.up.mtu = 9000;
  settings_.client.writes = 10'000'000;
  up().rate = 2'000'000;
  settings_.up.blackouts = settings_.down.blackouts = {{1s, 4s}};
  Simulation simulation(settings_);
  EXPECT_FALSE(simulation.run_until([] { return false; }, 7s));
  EXPECT_EQ(simulation.client().connection->sender().mtu().size(), 9000u);
  simulation.run();
  expect_success(simulation, settings_);
}

// Otherwise a server's first packets would wait a third of a second for a retransmission.
TEST_F(ReliableScenario, MeasuresTheRttInTheHandshake) {
  using namespace reliable;
  const Instant start = Instant(1h);
  std::vector<std::byte> room(max_packet_size);
  for (const auto& [answers_after, is_known] : {std::pair{20ms, true}, std::pair{500ms, false}}) {
    Connection server(start, {}, {.id = 1, .seed = 1},
                      {.client = 2, .parameters = proposed_parameters({}), .token = {}});
    ASSERT_GT(server.poll_transmit(start, room).bytes, 0u);  // WELCOME
    emit(1, Ping{7}, std::span(room).first(24));
    server.on_datagram(start + answers_after, std::span(room).first(24));
    const RttEstimator& rtt = server.sender().recovery().rtt();
    EXPECT_EQ(rtt.is_measured(), is_known);
    EXPECT_EQ(rtt.smoothed_rtt(), is_known ? 20ms : initial_rtt);
  }
}

}  // namespace
}  // namespace netlab::simulated
