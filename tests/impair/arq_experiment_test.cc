#include "impair/simulation/arq_experiment.h"

#include <gtest/gtest.h>

namespace netlab::simulated {
namespace {

using namespace std::chrono_literals;
using reliable::Strategy;

// A packet takes 1 ms to leave and 10 ms to arrive: a = 10, and 21 fill the line.
ArqExperiment usual(Strategy strategy, double loss, std::uint32_t window = 21) {
  return {.strategy = strategy,
          .loss = loss,
          .delay = 10ms,
          .rate = 1'200'000,
          .window = window,
          .packets = 1000};
}

// Of 1.2 MB/s 1168 in 1200 bytes are data.
constexpr double line = 1'168'000;

TEST(ArqExperiment, HasTheTextbooksFormulas) {
  EXPECT_NEAR(usual(Strategy::stop_and_wait, 0).formula(), line / 21, 1);
  EXPECT_NEAR(usual(Strategy::stop_and_wait, 0.2).formula(), 0.8 * line / 21, 1);
  EXPECT_NEAR(usual(Strategy::go_back_n, 0).formula(), line, 1);
  EXPECT_NEAR(usual(Strategy::go_back_n, 0.2).formula(), 0.8 * line / 5, 1);
  EXPECT_NEAR(usual(Strategy::go_back_n, 0.2, 7).formula(), 7 * 0.8 * line / (21 * 2.2), 1);
  EXPECT_NEAR(usual(Strategy::selective_repeat, 0.2).formula(), 0.8 * line, 1);
  EXPECT_NEAR(usual(Strategy::selective_repeat, 0.2, 7).formula(), 0.8 * line / 3, 1);
}

TEST(ArqExperiment, KnowsHowManyPacketsFillALine) {
  EXPECT_EQ(filling_window(10ms, 1'200'000), 21u);
  EXPECT_EQ(filling_window(10ms, 1'200'001), 22u);
  EXPECT_EQ(filling_window(0ms, 1), 1u);
}

// An acknowledgement of every second packet leaves a full window a little short of the line. With
// losses the time-out is longer than the formula has it, for it is not known.
TEST(ArqExperiment, ComesNearTheFormulas) {
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

TEST(ArqExperiment, GetsThroughWhereHardlyAPacketDoes) {
  for (const auto& row : reliable::arqs()) {
    ArqExperiment trial = usual(row.strategy, 0.9);
    trial.packets = 100;
    for (trial.seed = 1; trial.seed <= 10; ++trial.seed) {
      const auto result = trial.run();
      ASSERT_TRUE(result.rate) << row.name << ", seed " << trial.seed;
      EXPECT_GT(*result.rate, 1);
      EXPECT_GT(result.packets, 500u);
    }
  }
}

TEST(ArqExperiment, GivesUpWhereNoneDoes) {
  const auto result = usual(Strategy::go_back_n, 1).run();
  EXPECT_FALSE(result.rate);
  EXPECT_GT(result.packets, 0u);
  EXPECT_EQ(result.retransmitted_bytes, 0u);
}

TEST(ArqExperiment, OfTheSameSeedIsTheSame) {
  ArqExperiment trial = usual(Strategy::selective_repeat, 0.1);
  const auto first = trial.run();
  EXPECT_EQ(first.rate, trial.run().rate);
  trial.seed = 2;
  EXPECT_NE(first.rate, trial.run().rate);
}

}  // namespace
}  // namespace netlab::simulated
