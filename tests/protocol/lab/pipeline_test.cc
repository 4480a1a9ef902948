#include "protocol/lab/pipeline.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace netlab {
namespace {

TEST(Pipeline, ReturnsNothingWhenEmpty) {
  Pipeline<std::string> pipeline;
  EXPECT_EQ(pipeline.bytes(), 0u);
  EXPECT_EQ(pipeline.take_above(0), std::nullopt);
}

TEST(Pipeline, TakesTheOldestUntilTheBytesFit) {
  Pipeline<std::string> pipeline;
  pipeline.push("one", 10);
  pipeline.push("two", 20);
  pipeline.push("three", 30);
  EXPECT_EQ(pipeline.bytes(), 60u);
  EXPECT_EQ(pipeline.take_above(60), std::nullopt);
  EXPECT_EQ(pipeline.take_above(59), "one");
  EXPECT_EQ(pipeline.bytes(), 50u);
  EXPECT_EQ(pipeline.take_above(30), "two");
  EXPECT_EQ(pipeline.take_above(30), std::nullopt);
  EXPECT_EQ(pipeline.take_above(0), "three");
  EXPECT_EQ(pipeline.take_above(0), std::nullopt);
}

TEST(Pipeline, IsEmptyOnceExchanged) {
  Pipeline<std::string> pipeline;
  pipeline.push("one", 10);
  Pipeline<std::string> before = std::exchange(pipeline, {});
  EXPECT_EQ(pipeline.bytes(), 0u);
  EXPECT_EQ(pipeline.take_above(0), std::nullopt);
  EXPECT_EQ(before.take_above(0), "one");
}

}  // namespace
}  // namespace netlab
