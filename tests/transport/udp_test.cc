#include "transport/udp.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/thrown.h"
#include "transport/blocking_performer.h"

namespace netlab {
namespace {

// Cancels every wait, as if the server were stopping.
class CancelingPerformer : public BlockingPerformer {
 public:
  void perform(Operation& operation) override { operation.result = -ECANCELED; }
};

class UdpTest : public testing::Test {
 protected:
  // Sends more messages than one receive call returns.
  void flood() {
    const Datagram message{.bytes = bytes_of("x"), .peer = server_.local()};
    const std::vector<Datagram> messages(DatagramBatch::max_messages, message);
    for (int i = 0; i < 2; ++i) client_.send(messages);
  }

  CancelingPerformer canceling_;
  BlockingPerformer blocking_;
  Udp server_{canceling_, Address::loopback(0), false};
  Udp client_{blocking_, Address::loopback(0), false};
};

// Otherwise a server that always finds more messages would notice the stop only after the last
// client has left.
TEST_F(UdpTest, NoticesTheStopWhileMessagesKeepArriving) {
  int received = 0;
  const int error = error_of([&] {
    for (; received < 1000; ++received) {
      flood();
      server_.receive(never);
    }
  });
  EXPECT_EQ(error, ECANCELED);
  EXPECT_GT(received, 1);  // the stop is not checked for every batch
}

}  // namespace
}  // namespace netlab
