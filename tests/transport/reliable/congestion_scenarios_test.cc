// Congestion controls on a line with losses, outages or a long queue.
#include "support/scenario.h"

namespace netlab::simulated {
namespace {

// An RTT of 20 ms and 1% random loss: halving the window at each loss almost stops the transfer.
TEST_F(ReliableScenario, BbrIgnoresRandomLoss) {
  Duration took[2];
  for (const auto& [i, name] : {std::pair{0, "cubic"}, std::pair{1, "bbr"}}) {
    settings_ = usual();
    settings_.client.connection.congestion = reliable::congestion_named(name);
    settings_.client.connection.send_buffer = 4 << 20;
    settings_.server.connection.receive_buffer = 4 << 20;
    settings_.client.writes = 10'000'000;
    settings_.server.writes = 0;
    up().rate = 12'500'000;  // 100 Mbit/s
    up().queue = 200;
    up().loss = 0.01;
    took[i] = succeed();
  }
  EXPECT_LT(took[1], 1300ms);  // 0.8 s at the full rate
  EXPECT_GT(took[0], 4 * took[1]);
}

// Every five seconds BBR drains the queue to measure the RTT without it; the rate delivered
// meanwhile is no measure of the line.
TEST_F(ReliableScenario, BbrKeepsItsRateAfterProbingRtt) {
  settings_.client.connection.congestion = reliable::congestion_named("bbr");
  settings_.client.connection.send_buffer = settings_.server.connection.receive_buffer = 4 << 20;
  settings_.client.writes = 125'000'000;
  settings_.server.writes = 0;
  up().rate = 5'000'000;
  up().queue = 400;
  up().jitter = down().jitter = 2ms;
  EXPECT_LT(succeed(),
            25s + 2s);  // five times 0.2 s at half the rate, plus Startup
}

TEST_F(ReliableScenario, BbrRecoversItsRateSoonAfterAnOutage) {
  settings_.client.connection.congestion = reliable::congestion_named("bbr");
  settings_.client.connection.send_buffer = settings_.server.connection.receive_buffer = 4 << 20;
  settings_.client.writes = 40'000'000;
  settings_.server.writes = 0;
  up().rate = 5'000'000;
  up().queue = 200;
  settings_.up.blackouts = settings_.down.blackouts = {{2s, 6s}};
  EXPECT_LT(succeed(),
            8s + 4s + 4s);  // the full rate, the outage, and the delay until its end is noticed
}

// A standing queue raises the RTT of every flow on the line.
TEST_F(ReliableScenario, BbrKeepsTheQueueAlmostEmpty) {
  settings_.client.connection.congestion = reliable::congestion_named("bbr");
  settings_.client.connection.send_buffer = 1 << 20;
  settings_.server.connection.receive_buffer = 1 << 20;
  settings_.client.writes = 8'000'000;
  settings_.client.finishes = false;
  up().rate = 1'250'000;
  up().queue = 1000;
  Simulation simulation(settings_);
  const auto has_arrived = [&] { return simulation.server().bytes_read() > 5'000'000; };
  ASSERT_TRUE(simulation.run_until(has_arrived, 10s));
  const auto& rtt = simulation.client().connection->sender().recovery().rtt();
  EXPECT_LT(rtt.smoothed_rtt(), 60ms);  // the base is 20 ms; a full queue would make it 980 ms
}

// No other flow shares the bottleneck here: this sender causes every loss there.
TEST_F(ReliableScenario, FillsTheLineWithLittleOverflow) {
  for (const reliable::CongestionRow& row : reliable::congestion_controls()) {
    settings_ = usual();
    settings_.client.connection.congestion = &row;
    settings_.client.connection.send_buffer = 1 << 20;
    settings_.server.connection.receive_buffer = 1 << 20;
    settings_.client.writes = 5'000'000;
    settings_.server.writes = 0;
    up().rate = 1'250'000;  // 10 Mbit/s
    up().queue = 50;
    Simulation simulation(settings_);
    simulation.run();
    expect_success(simulation, settings_);
    EXPECT_LT(simulation.passed(), 5s) << row.name;  // 4.1 s at the full rate
    EXPECT_LT(simulation.client().connection->sender().retransmitted_bytes(), 500'000u) << row.name;
  }
}

}  // namespace
}  // namespace netlab::simulated
