#include "impair/proxy/send_batches.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "base/bytes.h"

namespace netlab {
namespace {

class SendBatchesTest : public testing::Test {
 protected:
  DelayedBatch batch_of(const std::string& text, std::size_t segment,
                        Direction direction = Direction::up) {
    const auto bytes = bytes_of(text);
    return {&flow_, direction, 5, segment, {bytes.begin(), bytes.end()}};
  }

  // Sends the batches. The calls return these results, then accept everything.
  SendReport send(std::span<const DelayedBatch> batches, std::deque<int> results) {
    calls_.clear();
    return send_batches(batches, server_, [&](std::span<const Datagram> messages) {
      std::string call;
      for (const Datagram& message : messages) {
        call.append(reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size());
        call += "/" + std::to_string(message.segment) + " ";
      }
      calls_.push_back(call);
      last_ = messages.front();
      if (results.empty()) return static_cast<int>(messages.size());
      const int result = results.front();
      results.pop_front();
      return result;
    });
  }

  const Address server_ = Address::loopback(1);
  Flow flow_{.number = 1,
             .client = Address::loopback(2),
             .local = Address::loopback(3),
             .server = {},
             .up = Link({}, 0, 0),
             .down = Link({}, 0, 0)};
  std::vector<std::string> calls_;  // what each call sent, with its segment size
  Datagram last_;
};

using Calls = std::vector<std::string>;

TEST_F(SendBatchesTest, SendsAllBatchesWithOneCall) {
  const std::vector<DelayedBatch> batches = {batch_of("aabbc", 2), batch_of("dd", 2),
                                             batch_of("", 0)};
  const SendReport report = send(batches, {});
  EXPECT_EQ(calls_, Calls{"aabbc/2 dd/0 /0 "});
  EXPECT_EQ(last_.peer, server_);
  EXPECT_EQ(last_.local, Address());
  EXPECT_TRUE(report.unsent.empty());
  EXPECT_EQ(report.refused, 0u);
}

TEST_F(SendBatchesTest, SendsToClientsFromTheAddressTheySentTo) {
  const std::vector<DelayedBatch> batches = {batch_of("aa", 2, Direction::down)};
  send(batches, {});
  EXPECT_EQ(last_.peer, flow_.client);
  EXPECT_EQ(last_.local, flow_.local);
}

TEST_F(SendBatchesTest, ContinuesAfterAPartOfTheBatches) {
  const std::vector<DelayedBatch> batches = {batch_of("a", 1), batch_of("b", 1), batch_of("c", 1)};
  send(batches, {2});
  EXPECT_EQ(calls_, (Calls{"a/0 b/0 c/0 ", "c/0 "}));
}

TEST_F(SendBatchesTest, RetriesOnceAfterARefusal) {
  const std::vector<DelayedBatch> batches = {batch_of("a", 1)};
  EXPECT_EQ(send(batches, {-ECONNREFUSED}).refused, 1u);
  EXPECT_EQ(calls_, (Calls{"a/0 ", "a/0 "}));
  const SendReport report = send(batches, {-ECONNREFUSED, -ECONNREFUSED});
  EXPECT_EQ(report.refused, 1u);
  ASSERT_EQ(report.unsent.size(), 1u);
  EXPECT_EQ(report.unsent[0].error, ECONNREFUSED);
}

TEST_F(SendBatchesTest, SendsDatagramsOneByOneWithoutSegmentation) {
  for (const int error : {EINVAL, EIO, EMSGSIZE}) {
    const std::vector<DelayedBatch> batches = {batch_of("aabbc", 2), batch_of("dd", 2)};
    const SendReport report = send(batches, {-error, 1, -EMSGSIZE});
    EXPECT_EQ(calls_, (Calls{"aabbc/2 dd/0 ", "aa/0 ", "bb/0 ", "c/0 ", "dd/0 "}));
    ASSERT_EQ(report.unsent.size(), 1u);
    EXPECT_EQ(report.unsent[0].batch, &batches[0]);
    EXPECT_EQ(report.unsent[0].ordinal, 6u);
    EXPECT_EQ(report.unsent[0].size, 2u);
    EXPECT_EQ(report.unsent[0].error, EMSGSIZE);
  }
}

TEST_F(SendBatchesTest, ReportsEachDatagramOfABatchThatCannotBeSent) {
  const std::vector<DelayedBatch> batches = {batch_of("aabbc", 2), batch_of("", 0)};
  const SendReport report = send(batches, {-EAGAIN, -EINVAL});
  EXPECT_EQ(calls_, (Calls{"aabbc/2 /0 ", "/0 "}));
  ASSERT_EQ(report.unsent.size(), 4u);
  EXPECT_EQ(report.unsent[2].ordinal, 7u);
  EXPECT_EQ(report.unsent[2].size, 1u);
  EXPECT_EQ(report.unsent[2].error, EAGAIN);
  EXPECT_EQ(report.unsent[3].size, 0u);
  EXPECT_EQ(report.unsent[3].error, EINVAL);
}

}  // namespace
}  // namespace netlab
