#include "socket/datagram_io.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

// Two sockets on loopback: a datagram has arrived when the send call returns.
class DatagramIoTest : public testing::Test {
 protected:
  int send(const Datagram& message) { return send_datagrams(from_.get(), AF_INET, {&message, 1}); }

  Fd from_ = udp_socket(Address::loopback(0), false);
  Fd to_ = udp_socket(Address::loopback(0), false);
  Address there_ = call::local_address(to_.get());
  DatagramBatch buffer_;
};

TEST_F(DatagramIoTest, SegmentsOneSendIntoDatagrams) {
  ASSERT_EQ(send({.bytes = bytes_of("aaabbbcc"), .peer = there_, .segment = 3}), 1);
  ASSERT_EQ(buffer_.receive(to_.get()), 3);
  EXPECT_EQ(buffer_.received()[0].bytes.size(), 3u);
  EXPECT_EQ(buffer_.received()[0].segment, 0u);
  EXPECT_EQ(buffer_.received()[2].bytes.size(), 2u);
}

TEST_F(DatagramIoTest, ReceivesJoinedDatagramsWithGro) {
  enable_gro(to_.get());
  ASSERT_EQ(send({.bytes = bytes_of("aaabbbcc"), .peer = there_, .segment = 3}), 1);
  ASSERT_EQ(buffer_.receive(to_.get()), 1);
  EXPECT_EQ(buffer_.received()[0].bytes.size(), 8u);
  EXPECT_EQ(buffer_.received()[0].segment, 3u);
}

// The kernel gets the source address and the segment size as two control messages of one call.
TEST_F(DatagramIoTest, SendsFromTheGivenLocalAddress) {
  const Fd anywhere = udp_socket(Address::any_v4(0), false);
  const Datagram message{
      .bytes = bytes_of("aabb"), .peer = there_, .local = Address::loopback(0), .segment = 2};
  ASSERT_EQ(send_datagrams(anywhere.get(), AF_INET, {&message, 1}), 1);
  ASSERT_EQ(buffer_.receive(to_.get()), 2);
  EXPECT_EQ(buffer_.received()[0].peer.host(), "127.0.0.1");
}

}  // namespace
}  // namespace netlab
