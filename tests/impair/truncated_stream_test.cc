#include "impair/truncated_stream.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/scripted_stream.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;

class TruncatedStreamTest : public testing::Test {
 protected:
  // The stream ends after the first `after` bytes of "0123456789".
  explicit TruncatedStreamTest(std::uint64_t after = 4)
      : stream_(std::unique_ptr<Stream>(&inner_.says("0123456789")), after) {}

  std::string read(std::size_t max_bytes) {
    std::string bytes(max_bytes, '\0');
    bytes.resize(stream_.read_some(std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }

  VirtualNetwork network_;
  ScriptedStream& inner_ = *new ScriptedStream(network_);  // stream_ owns it
  TruncatedStream stream_;
};

TEST_F(TruncatedStreamTest, AbortsTheConnectionAfterTheGivenNumberOfBytes) {
  EXPECT_EQ(read(3), "012");
  EXPECT_EQ(read(3), "3");
  EXPECT_FALSE(inner_.aborted);
  EXPECT_EQ(read(3), "");
  EXPECT_TRUE(inner_.aborted);
  EXPECT_EQ(read(3), "");
  EXPECT_EQ(inner_.unread(), 6U);
}

TEST_F(TruncatedStreamTest, IsReadableAtItsEnd) {
  EXPECT_FALSE(stream_.readable());  // like its inner stream
  read(4);
  EXPECT_TRUE(stream_.readable());
}

TEST_F(TruncatedStreamTest, SetsTheDeadlineOfTheInnerStream) {
  const Instant deadline = network_.now() + 5s;
  stream_.set_deadline(deadline);
  EXPECT_EQ(stream_.deadline(), deadline);
  EXPECT_EQ(inner_.deadline(), deadline);
}

TEST_F(TruncatedStreamTest, WritesWithoutALimit) {
  stream_.write_all(bytes_of("a request that is longer than 4 bytes"));
  stream_.finish_writing();
  EXPECT_EQ(inner_.written(), "a request that is longer than 4 bytes");
  EXPECT_TRUE(inner_.finished);
}

}  // namespace
}  // namespace netlab
