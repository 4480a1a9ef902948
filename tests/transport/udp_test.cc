#include "transport/udp.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/thrown.h"
#include "transport/blocking_performer.h"

namespace netlab {
namespace {

// Whoever waits with it is told that the server stops.
class Stopped : public BlockingPerformer {
 public:
  void perform(Operation& operation) override { operation.result = -ECANCELED; }
};

class UdpTest : public testing::Test {
 protected:
  // More than one receive takes.
  void flood() {
    const Datagram message{.bytes = bytes_of("x"), .peer = server_.local()};
    const std::vector<Datagram> messages(DatagramBatch::most, message);
    for (int i = 0; i < 2; ++i) client_.send(messages);
  }

  Stopped stopped_;
  BlockingPerformer blocking_;
  Udp server_{stopped_, Address::loopback(0), false};
  Udp client_{blocking_, Address::loopback(0), false};
};

// Of a server that always finds more it would otherwise be heard when the last client has gone.
TEST_F(UdpTest, HearsOfTheStopWhileMessagesKeepComing) {
  int received = 0;
  const int error = error_of([&] {
    for (; received < 1000; ++received) {
      flood();
      server_.receive(never);
    }
  });
  EXPECT_EQ(error, ECANCELED);
  EXPECT_GT(received, 1);  // and not asked for with every batch
}

}  // namespace
}  // namespace netlab
