#include "impair/simulation/arq_experiment.h"

#include <gtest/gtest.h>

namespace netlab::simulated {
namespace {

using namespace std::chrono_literals;
using reliable::Strategy;

// A packet takes 1 ms to transmit and 10 ms to propagate: a = 10, and 21 packets fill the line.
ArqExperiment usual(Strategy strategy, double loss, std::uint32_t window = 21) {
  return {.strategy = strategy,
          .loss = loss,
          .delay = 10ms,
          .rate = 1'200'000,
          .window = window,
          .packets = 1000};
}

// The payload rate at 1.2 MB/s: 1168 of each 1200 bytes are data.
constexpr double payload_rate = 1'168'000;

TEST(ArqExperiment, UsesTheTextbookFormulas) {
  EXPECT_NEAR(usual(Strategy::stop_and_wait, 0).formula(), payload_rate / 21, 1);
  EXPECT_NEAR(usual(Strategy::stop_and_wait, 0.2).formula(), 0.8 * payload_rate / 21, 1);
  EXPECT_NEAR(usual(Strategy::go_back_n, 0).formula(), payload_rate, 1);
  EXPECT_NEAR(usual(Strategy::go_back_n, 0.2).formula(), 0.8 * payload_rate / 5, 1);
  EXPECT_NEAR(usual(Strategy::go_back_n, 0.2, 7).formula(), 7 * 0.8 * payload_rate / (21 * 2.2), 1);
  EXPECT_NEAR(usual(Strategy::selective_repeat, 0.2).formula(), 0.8 * payload_rate, 1);
  EXPECT_NEAR(usual(Strategy::selective_repeat, 0.2, 7).formula(), 0.8 * payload_rate / 3, 1);
}

TEST(ArqExperiment, FillingWindowCoversOneRoundTrip) {
  EXPECT_EQ(filling_window(10ms, 1'200'000), 21u);
  EXPECT_EQ(filling_window(10ms, 1'200'001), 22u);
  EXPECT_EQ(filling_window(0ms, 1), 1u);
}

// Acknowledging every second packet leaves a full window slightly below the line rate. With losses,
// the timeout is longer than in the formula, because it has to be estimated.
TEST(ArqExperiment, MatchesTheFormulas) {
  for (const auto& row : reliable::arqs()) {
    const ArqExperiment clean = usual(row.strategy, 0);
    EXPECT_NEAR(clean.run().rate.value() / clean.formula(), 0.97, 0.04) << row.name;
    const ArqExperiment lossy = usual(row.strategy, 0.1);
    const auto result = lossy.run();
    EXPECT_GT(result.rate.value() / lossy.formula(), 0.7) << row.name;
    EXPECT_LT(result.rate.value() / lossy.formula(), 1.05) << row.name;
    EXPECT_GT(result.retransmitted_bytes, 0u);
  }
}

TEST(ArqExperiment, CompletesAtNinetyPercentLoss) {
  for (const auto& row : reliable::arqs()) {
    ArqExperiment experiment = usual(row.strategy, 0.9);
    experiment.packets = 100;
    for (experiment.seed = 1; experiment.seed <= 10; ++experiment.seed) {
      const auto result = experiment.run();
      ASSERT_TRUE(result.rate) << row.name << ", seed " << experiment.seed;
      EXPECT_GT(*result.rate, 1);
      EXPECT_GT(result.packets, 500u);
    }
  }
}

TEST(ArqExperiment, GivesUpAtTotalLoss) {
  const auto result = usual(Strategy::go_back_n, 1).run();
  EXPECT_FALSE(result.rate);
  EXPECT_GT(result.packets, 0u);
  EXPECT_EQ(result.retransmitted_bytes, 0u);
}

TEST(ArqExperiment, IsRepeatableWithTheSameSeed) {
  ArqExperiment experiment = usual(Strategy::selective_repeat, 0.1);
  const auto first = experiment.run();
  EXPECT_EQ(first.rate, experiment.run().rate);
  experiment.seed = 2;
  EXPECT_NE(first.rate, experiment.run().rate);
}

}  // namespace
}  // namespace netlab::simulated
