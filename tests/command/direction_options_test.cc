#include "command/shared/direction_options.h"

#include <gtest/gtest.h>

#include <array>

#include "support/parsed_options.h"
#include "support/thrown.h"

namespace netlab {
namespace {

struct Levels {
  std::uint64_t loss = 0;
  std::string drop;
  std::uint64_t cut = 0;
};

using Text = const std::string&;

constexpr std::array level_rows{
    Setting<Levels>{"loss", "N", "losses",
                    [](Levels& levels, Text text) { levels.loss = parse_count(text, 1, 9); }},
    Setting<Levels>{"drop", "LIST", "drops", [](Levels& levels, Text text) { levels.drop = text; }},
    Setting<Levels>{"cut", "N", "cuts",
                    [](Levels& levels, Text text) { levels.cut = parse_count(text, 1, 9); }, true},
};

PerDirection<Levels> directions_of(const std::vector<std::string>& words) {
  PerDirection<Levels> directions{level_rows};
  parse_options(directions, words);
  return directions;
}

std::string error_of_up(const std::vector<std::string>& words) {
  const auto directions = directions_of(words);
  return thrown_by<std::invalid_argument>([&] { directions.up(); });
}

TEST(PerDirection, WithoutOptionsBothDirectionsHaveTheDefaults) {
  const auto directions = directions_of({});
  EXPECT_EQ(directions.up().loss, 0u);
  EXPECT_EQ(directions.down().loss, 0u);
}

TEST(PerDirection, AnOptionAppliesToBothDirections) {
  const auto directions = directions_of({"--loss", "3"});
  EXPECT_EQ(directions.up().loss, 3u);
  EXPECT_EQ(directions.down().loss, 3u);
}

TEST(PerDirection, UpAndDownOverrideTheirDirectionOnly) {
  const auto directions = directions_of({"--loss", "3", "--up", "loss=5", "--down", "drop=first"});
  EXPECT_EQ(directions.up().loss, 5u);
  EXPECT_EQ(directions.up().drop, "");
  EXPECT_EQ(directions.down().loss, 3u);
  EXPECT_EQ(directions.down().drop, "first");
}

TEST(PerDirection, SomeOptionsApplyOnlyDownwardsUnlessUpNamesThem) {
  EXPECT_EQ(directions_of({"--cut", "2"}).up().cut, 0u);
  EXPECT_EQ(directions_of({"--cut", "2"}).down().cut, 2u);
  EXPECT_EQ(directions_of({"--up", "cut=2"}).up().cut, 2u);
  EXPECT_EQ(directions_of({"--up", "cut=2"}).down().cut, 0u);
}

TEST(PerDirection, APartWithoutANameBelongsToTheValueBeforeIt) {
  const Levels up = directions_of({"--up", "drop=3,5,7-9,loss=1"}).up();
  EXPECT_EQ(up.drop, "3,5,7-9");
  EXPECT_EQ(up.loss, 1u);
}

TEST(PerDirection, RejectsInvalidSettings) {
  EXPECT_EQ(error_of_up({"--loss", "0"}), "--loss: '0' must be a whole number from 1 to 9");
  EXPECT_EQ(error_of_up({"--up", "loss=x"}), "--up loss: 'x' must be a whole number from 1 to 9");
  EXPECT_EQ(error_of_up({"--up", "loss"}), "--up: 'loss' must be NAME=VALUE");
  EXPECT_EQ(error_of_up({"--up", "loss=1,"}), "--up loss: '1,' must be a whole number from 1 to 9");
  EXPECT_EQ(error_of_up({"--up", "los=1"}), "--up: 'los' must be one of loss, drop, cut");
  EXPECT_EQ(error_of_up({"--up", "loss=1=2"}), "--up: loss: the value has a second '='");
  EXPECT_EQ(error_of_up({"--down", "loss=x"}), "");
}

}  // namespace
}  // namespace netlab
