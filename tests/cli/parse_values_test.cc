#include "cli/parse_values.h"

#include <gtest/gtest.h>

#include "command/shared/ordinals.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

TEST(ParseShare, AcceptsPercentages) {
  EXPECT_EQ(parse_share("0%"), 0);
  EXPECT_EQ(parse_share("100%"), 1);
  EXPECT_DOUBLE_EQ(parse_share("10%"), 0.1);
  EXPECT_DOUBLE_EQ(parse_share("0.1%"), 0.001);
  EXPECT_DOUBLE_EQ(parse_share(".5%"), 0.005);
}

TEST(ParseShare, RejectsAnythingElse) {
  EXPECT_EQ(thrown_by([] { parse_share("0.1"); }),
            "'0.1' must be a percentage from 0% to 100%, e.g. 10% or 0.5%");
  for (const char* text : {"", "%", "101%", "100.01%", "-1%", "+1%", "1 %", "1%%", "0x1%", "nan%",
                           "inf%", "1.2.3%", ".%", "1e1%"})
    EXPECT_EQ(thrown_by([&] { parse_share(text); }),
              "'" + std::string(text) + "' must be a percentage from 0% to 100%, e.g. 10% or 0.5%");
}

TEST(ParseDuration, RequiresAUnit) {
  EXPECT_EQ(parse_duration("40ms"), 40ms);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("200us"), 200us);
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("86400s"), 24h);
}

TEST(ParseDuration, RejectsAnythingElse) {
  EXPECT_EQ(thrown_by([] { parse_duration("40"); }),
            "'40' must be a time of at most 86400s, e.g. 40ms, 1.5s or 200us");
  for (const char* text : {"", "ms", "-1ms", "1 ms", "1m", "1h", "86401s", "1ms2", "nans"})
    EXPECT_EQ(
        thrown_by([&] { parse_duration(text); }),
        "'" + std::string(text) + "' must be a time of at most 86400s, e.g. 40ms, 1.5s or 200us");
}

TEST(ParseSeconds, AcceptsNumbersWithoutAUnit) {
  EXPECT_EQ(parse_seconds("10"), 10s);
  EXPECT_EQ(parse_seconds("0.5"), 500ms);
  EXPECT_EQ(parse_seconds("0"), 0s);
  EXPECT_EQ(parse_seconds("1e9"), 1'000'000'000s);
}

TEST(ParseSeconds, RejectsAnythingElse) {
  for (const char* text : {"", "1s", "-1", "x", "nan", "inf", "1e10", "1 "})
    EXPECT_EQ(thrown_by([&] { parse_seconds(text); }),
              "'" + std::string(text) + "' must be a number of seconds from 0 to 1000000000");
}

TEST(ParseRate, UsesUnitsOf1024) {
  EXPECT_EQ(parse_rate("1"), 1u);
  EXPECT_EQ(parse_rate("500K"), 500u * 1024);
  EXPECT_EQ(parse_rate("10m"), 10u * 1024 * 1024);
  for (const char* text : {"", "0", "K", "1.5M", "-1", "9223372036854775807K", "1KB"})
    EXPECT_EQ(thrown_by([&] { parse_rate(text); }),
              "'" + std::string(text) +
                  "' must be a number of bytes per second, at least 1, e.g. 500K or 5M");
}

TEST(ParseSize, AcceptsZero) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("2G"), 2ull << 30);
  EXPECT_EQ(thrown_by([] { parse_size("5X"); }), "'5X' must be a number of bytes, e.g. 500K or 5M");
}

TEST(ParseCount, RejectsNumbersOutOfRange) {
  EXPECT_EQ(parse_count("1", 1, 5), 1u);
  EXPECT_EQ(parse_count("5", 1, 5), 5u);
  EXPECT_EQ(thrown_by([] { parse_count("6", 1, 5); }), "'6' must be a whole number from 1 to 5");
  for (const char* text : {"0", "", "x", "1x", "-1"})
    EXPECT_EQ(thrown_by([&] { parse_count(text, 1, 5); }),
              "'" + std::string(text) + "' must be a whole number from 1 to 5");
}

std::string shown(const std::vector<OrdinalRange>& ranges) {
  std::string text;
  for (const OrdinalRange& range : ranges)
    text += std::to_string(range.first) + "-" + std::to_string(range.last) + " ";
  return text;
}

TEST(ParseOrdinals, AcceptsNumbersAndRanges) {
  EXPECT_EQ(shown(parse_ordinals("3")), "3-3 ");
  EXPECT_EQ(shown(parse_ordinals("first")), "1-1 ");
  EXPECT_EQ(shown(parse_ordinals("3,5,7-9")), "3-3 5-5 7-9 ");
}

TEST(ParseOrdinals, RejectsAnythingElse) {
  const std::string rest = R"(' must be "first", a packet number from 1, or a range, e.g. 7-9)";
  for (const char* text : {"", "0", "9-7", "0-3", "3-", "-3", "last", "1-2-3", "3;5"})
    EXPECT_EQ(thrown_by([&] { parse_ordinals(text); }), "'" + std::string(text) + rest);
  for (const char* text : {"3,", ",3", "3,,5"})
    EXPECT_EQ(thrown_by([&] { parse_ordinals(text); }), "'" + rest);
  EXPECT_EQ(thrown_by([] { parse_ordinals("3,x,5"); }), "'x" + rest);
}

}  // namespace
}  // namespace netlab
