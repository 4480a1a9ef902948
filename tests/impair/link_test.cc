#include "impair/link.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/seed.h"
#include "support/start.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;
using Outcome = Fate::Outcome;

constexpr std::uint64_t seed = 20;

// Sends `count` packets of 100 bytes, one microsecond apart.
std::vector<Fate> run(const LinkSettings& settings, std::size_t count = 10'000,
                      std::uint64_t with_seed = seed, std::uint64_t stream = 0) {
  Link link(settings, with_seed, stream);
  std::vector<Fate> fates;
  for (std::size_t i = 0; i < count; ++i) fates.push_back(link.pass(start + i * 1us, 100));
  return fates;
}

std::size_t count(const std::vector<Fate>& fates, Outcome outcome) {
  return static_cast<std::size_t>(std::ranges::count(fates, outcome, &Fate::outcome));
}

// The ordinals of the packets for which the condition holds.
template <typename Condition>
std::vector<std::uint64_t> ordinals_where(const std::vector<Fate>& fates, Condition holds) {
  std::vector<std::uint64_t> ordinals;
  for (const Fate& fate : fates)
    if (holds(fate)) ordinals.push_back(fate.ordinal);
  return ordinals;
}

std::vector<std::uint64_t> lost(const std::vector<Fate>& fates) {
  return ordinals_where(fates, [](const Fate& fate) { return fate.outcome == Outcome::lost; });
}

TEST(Link, IsPerfectByDefault) {
  std::uint64_t ordinal = 0;
  for (const Fate& fate : run({})) {
    EXPECT_EQ(fate.ordinal, ++ordinal);
    EXPECT_EQ(fate.outcome, Outcome::passed);
    EXPECT_EQ(fate.at, start + (ordinal - 1) * 1us);
    EXPECT_FALSE(fate.duplicated || fate.reordered || fate.flipped_bit);
  }
}

TEST(Link, LossOfZeroAndOneIsExact) {
  for (const double burst : {0.0, 1.0, 5.0}) {
    EXPECT_EQ(count(run({.loss = 1, .burst = burst}), Outcome::lost), 10'000u);
    EXPECT_EQ(count(run({.loss = 0, .burst = burst}), Outcome::lost), 0u);
  }
}

TEST(Link, OtherImpairmentsAreCertainAtProbabilityOne) {
  for (const Fate& fate : run({.duplicate = 1, .reorder = 1, .corrupt = 1}))
    EXPECT_TRUE(fate.duplicated && fate.reordered && fate.flipped_bit);
}

// The tolerance is 4 standard deviations of 100,000 trials.
TEST(Link, LosesTheConfiguredShare) {
  for (const double share : {0.001, 0.01, 0.1, 0.5, 0.9}) {
    const double found = static_cast<double>(count(run({.loss = share}, 100'000), Outcome::lost));
    EXPECT_NEAR(found / 100'000, share, 4 * std::sqrt(share * (1 - share) / 100'000)) << share;
  }
}

TEST(Link, BurstsHaveTheConfiguredMeanLength) {
  for (const double burst : {1.0, 3.0, 10.0}) {
    const auto fates = run({.loss = 0.1, .burst = burst}, 500'000);
    const auto ordinals = lost(fates);
    double runs = 1;
    for (std::size_t i = 1; i < ordinals.size(); ++i) runs += ordinals[i] != ordinals[i - 1] + 1;
    const auto all = static_cast<double>(ordinals.size());
    EXPECT_NEAR(all / 500'000, 0.1, 0.01) << burst;
    EXPECT_NEAR(all / runs, burst, 0.03 * burst) << burst;
  }
}

TEST(Link, BurstOfOneLosesEveryOtherPacketAtMaxLoss) {
  const auto ordinals = lost(run({.loss = max_loss(1), .burst = 1}, 1000));
  EXPECT_NEAR(static_cast<double>(ordinals.size()), 500, 1);
}

TEST(Link, LossesDependOnSeedAndStream) {
  const LinkSettings settings{.loss = 0.1};
  EXPECT_EQ(lost(run(settings)), lost(run(settings)));
  EXPECT_NE(lost(run(settings)), lost(run(settings, 10'000, seed + 1)));
  EXPECT_NE(lost(run(settings)), lost(run(settings, 10'000, seed, 1)));
}

TEST(Link, LossesDoNotDependOnOtherImpairments) {
  for (const double burst : {0.0, 4.0}) {
    const auto expected = lost(run({.loss = 0.1, .burst = burst}));
    const auto found = run({.loss = 0.1,
                            .burst = burst,
                            .delay = 40ms,
                            .jitter = 5ms,
                            .duplicate = 0.1,
                            .reorder = 0.1,
                            .corrupt = 0.1,
                            .drop_every = 7});
    for (const std::uint64_t ordinal : expected)
      EXPECT_NE(found[ordinal - 1].outcome, Outcome::passed) << ordinal;
    EXPECT_EQ(count(found, Outcome::lost) + count(found, Outcome::dropped),
              ordinals_where(found, [&](const Fate& fate) {
                return fate.ordinal % 7 == 0 || std::ranges::binary_search(expected, fate.ordinal);
              }).size());
  }
}

TEST(Link, LossesDoNotDependOnTiming) {
  Link slow({.loss = 0.1, .delay = 3ms}, seed, 0);
  Instant now = start;
  auto rng = seeded_chance();
  for (const Fate& fate : run({.loss = 0.1})) {
    now += below(rng, 100) * 1ms;
    EXPECT_EQ(slow.pass(now, below(rng, 1500)).outcome, fate.outcome);
  }
}

TEST(Link, HigherLossIncludesTheLossesOfALowerOne) {
  const auto few = lost(run({.loss = 0.01}));
  const auto many = lost(run({.loss = 0.05}));
  EXPECT_TRUE(std::ranges::includes(many, few));
}

TEST(Link, DropsTheNamedPackets) {
  const auto is_dropped = [](const Fate& fate) { return fate.outcome == Outcome::dropped; };
  const LinkSettings some{.drop = {{3, 3}, {5, 5}, {7, 9}}};
  EXPECT_EQ(ordinals_where(run(some, 20), is_dropped), (std::vector<std::uint64_t>{3, 5, 7, 8, 9}));
  EXPECT_EQ(ordinals_where(run({.drop_every = 7}, 22), is_dropped),
            (std::vector<std::uint64_t>{7, 14, 21}));
}

TEST(Link, DelaysPackets) {
  for (const Fate& fate : run({.delay = 40ms}))
    EXPECT_EQ(fate.at, start + (fate.ordinal - 1) * 1us + 40ms);
}

TEST(Link, JitterKeepsTheOrder) {
  Link link({.delay = 40ms, .jitter = 5ms}, seed, 0);
  Instant last = start;
  Duration shortest = 1h;
  Duration longest = 0h;
  for (int i = 0; i < 10'000; ++i) {
    const Instant now = start + i * 20ms;
    const Fate fate = link.pass(now, 1);
    shortest = std::min(shortest, fate.at - now);
    longest = std::max(longest, fate.at - now);
    EXPECT_GE(fate.at, last);
    last = fate.at;
  }
  EXPECT_TRUE(35ms <= shortest && shortest < 35100us);
  EXPECT_TRUE(44900us < longest && longest <= 45ms);
  for (const Fate& fate : run({.delay = 1ms, .jitter = 5ms}))
    EXPECT_GE(fate.at, start + (fate.ordinal - 1) * 1us);
}

TEST(Link, ReorderHoldsPacketsBack) {
  const auto fates = run({.delay = 1ms, .reorder = 0.1, .reorder_by = 5us}, 1000);
  std::size_t reordered = 0;
  for (const Fate& fate : fates) {
    EXPECT_EQ(fate.at, start + (fate.ordinal - 1) * 1us + 1ms + (fate.reordered ? 5us : 0us));
    reordered += fate.reordered ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(reordered), 100, 40);
}

TEST(Link, CorruptFlipsOneExistingBit) {
  Link link({.corrupt = 1}, seed, 0);
  std::vector<int> flips(16);
  for (int i = 0; i < 1600; ++i) ++flips.at(link.pass(start, 2).flipped_bit.value());
  EXPECT_GT(*std::ranges::min_element(flips), 50);
  EXPECT_EQ(link.pass(start, 0).flipped_bit, std::nullopt);
}

TEST(Link, DistinguishesOverflowFromLoss) {
  const auto fates = run({.loss = 0.5, .rate = 1'000'000, .queue = 2}, 1000);
  EXPECT_EQ(lost(fates), lost(run({.loss = 0.5}, 1000)));
  // A packet takes 100 us, and all arrive within 1,000 us: 10 are transmitted, and 2 more wait.
  EXPECT_EQ(count(fates, Outcome::passed), 12u);
  EXPECT_EQ(count(fates, Outcome::overflow), 1000 - 12 - count(fates, Outcome::lost));
}

// Under any settings a link counts packets, keeps the order of those it does not hold back, never
// delivers early, and repeats itself with the same seed.
TEST(Link, KeepsItsInvariantsUnderAnySettings) {
  auto rng = seeded_chance();
  const auto share = [&rng] { return static_cast<double>(below(rng, 11)) / 10; };
  for (int run = 0; run < 300; ++run) {
    LinkSettings settings{.loss = share() / 2,
                          .burst = static_cast<double>(below(rng, 5)),
                          .delay = below(rng, 5) * 1ms,
                          .jitter = below(rng, 5) * 1ms,
                          .duplicate = share(),
                          .reorder = share(),
                          .corrupt = share(),
                          .rate = below(rng, 3) * 1'000'000,
                          .queue = below(rng, 4)};
    const std::uint64_t with_seed = rng();
    Link link(settings, with_seed, 0);
    Link again(settings, with_seed, 0);
    Instant now = start;
    Instant last = start;
    for (std::uint64_t ordinal = 1; ordinal <= 200; ++ordinal) {
      now += below(rng, 300) * 1us;
      const std::size_t size = below(rng, 1500);
      const Fate fate = link.pass(now, size);
      const Fate same = again.pass(now, size);
      ASSERT_EQ(fate.ordinal, ordinal);
      ASSERT_TRUE(fate.outcome == same.outcome && fate.at == same.at &&
                  fate.flipped_bit == same.flipped_bit && fate.duplicated == same.duplicated);
      if (fate.outcome != Outcome::passed) continue;
      ASSERT_GE(fate.at, now + std::max(settings.delay - settings.jitter, Duration::zero()));
      ASSERT_LT(fate.flipped_bit.value_or(0), std::max<std::size_t>(size * 8, 1));
      if (fate.reordered) continue;
      ASSERT_GE(fate.at, last);
      last = fate.at;
    }
  }
}

TEST(Link, SharesABottleneck) {
  Bottleneck bottleneck(1'000'000, 10);
  Link one({}, seed, 0, &bottleneck);
  Link other({.delay = 1ms}, seed, 1, &bottleneck);
  EXPECT_EQ(one.pass(start, 1000).at, start + 1ms);
  EXPECT_EQ(other.pass(start, 1000).at, start + 3ms);
  EXPECT_EQ(one.pass(start, 1000).at, start + 3ms);
}

}  // namespace
}  // namespace netlab
