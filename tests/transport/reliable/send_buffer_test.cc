#include "transport/reliable/state/send_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/byte_at.h"

namespace netlab::reliable {
namespace {

void fill(SendBuffer& buffer) {
  while (!buffer.room().empty()) {
    const auto room = buffer.room();
    for (std::size_t i = 0; i < room.size(); ++i) room[i] = byte_at(buffer.written_to() + i);
    buffer.written(room.size());
  }
}

bool has_expected_bytes(const SendBuffer& buffer) {
  std::vector<std::byte> bytes(buffer.written_to() - buffer.begin());
  buffer.copy(buffer.begin(), bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != byte_at(buffer.begin() + i)) return false;
  return true;
}

TEST(SendBuffer, KeepsUnacknowledgedBytesWhenItGrows) {
  SendBuffer buffer(16 << 20);
  fill(buffer);
  EXPECT_EQ(buffer.written_to(), 256u * 1024);
  buffer.acknowledge(100'000);
  fill(buffer);  // around the end of the ring
  buffer.grow(300'000);
  EXPECT_TRUE(has_expected_bytes(buffer));
  fill(buffer);
  EXPECT_EQ(buffer.written_to() - buffer.begin(), 512u * 1024);  // twice as large
  EXPECT_TRUE(has_expected_bytes(buffer));
}

TEST(SendBuffer, GrowsAtMostToItsLimit) {
  SendBuffer buffer(300'000);
  buffer.grow(UINT64_MAX);
  fill(buffer);
  EXPECT_EQ(buffer.written_to(), 300'000u);
  buffer.grow(400'000);
  EXPECT_EQ(buffer.free(), 0u);
}

TEST(SendBuffer, CanGrowAfterEverythingIsAcknowledged) {
  SendBuffer buffer(1 << 20);
  fill(buffer);
  buffer.finish();
  buffer.acknowledge(buffer.end());
  buffer.grow(1 << 20);
  EXPECT_EQ(buffer.free(), 0u);  // it is finished
}

}  // namespace
}  // namespace netlab::reliable
