#include "transport/reliable/wire/packet.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "transport/reliable/describe.h"
#include "transport/reliable/wire/crc32c.h"

namespace netlab::reliable {
namespace {

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[static_cast<unsigned>(byte) >> 4];
    text += digits[static_cast<unsigned>(byte) & 15];
  }
  return text;
}

class PacketTest : public testing::Test {
 protected:
  template <typename Body>
  std::span<std::byte> emitted(const Body& body) {
    return std::span(room_).first(emit(0x1122334455667788, body, room_));
  }
  template <typename Body>
  Body parsed_as(std::span<const std::byte> packet) {
    const auto read = parse(packet);
    if (!read) throw std::runtime_error("the packet is rejected");
    return std::get<Body>(read->body);
  }

  std::vector<std::byte> room_ = std::vector<std::byte>(max_packet_size);
  const TransportParameters parameters_{Strategy::go_back_n, 1472, 64, 4'194'304};
};

// RFC 3720 appendix B.4, and the well-known check value for "123456789".
TEST(Crc32c, MatchesTheTestVectors) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32)), 0x8a9136aa);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0xff})), 0x62a8ab43);
}

TEST(Crc32c, InstructionAndTableAgree) {
  std::vector<std::byte> bytes(
      1500);  // three rounds of the striped loop, and remainders of all sizes
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i * 2'654'435'761 >> 24);
  for (std::size_t size = 0; size <= bytes.size(); ++size)
    EXPECT_EQ(crc32c(std::span(bytes).first(size)), crc32c_by_table(std::span(bytes).first(size)));
}

// The worked examples of docs/protocols.md.
TEST_F(PacketTest, EmitsTheDocumentedBytes) {
  EXPECT_EQ(hex(emitted(Close{Close::Code::aborted})), "af21096401070000112233445566778800000001");
  const auto text = bytes_of("hello");
  const auto packet = std::span(room_).first(data_header_size + text.size());
  std::ranges::copy(text, packet.begin() + data_header_size);
  emit_around(0x1122334455667788, {.number = 17, .offset = 4096, .payload = text, .last = true},
              packet);
  EXPECT_EQ(hex(packet),
            "33dbcf0e0104000111223344556677880000000000000011000000000000100068656c6c6f");
}

TEST_F(PacketTest, RoundTripsHello) {
  const auto token = bytes_of("sixteen bytes...");
  const auto packet = emitted(Hello{0xabcdef, parameters_, token});
  EXPECT_EQ(packet.size(), base_packet_size);
  const auto hello = parsed_as<Hello>(packet);
  EXPECT_EQ(hello.client, 0xabcdefu);
  EXPECT_EQ(hello.parameters, parameters_);
  EXPECT_EQ(hex(hello.token), hex(token));
}

TEST_F(PacketTest, RoundTripsTheOtherPackets) {
  EXPECT_EQ(hex(parsed_as<Retry>(emitted(Retry{bytes_of("token")})).token), hex(bytes_of("token")));
  const auto welcome = parsed_as<Welcome>(emitted(Welcome{7, parameters_}));
  EXPECT_EQ(welcome.server, 7u);
  EXPECT_EQ(welcome.parameters, parameters_);
  EXPECT_EQ(parsed_as<Close>(emitted(Close{Close::Code::violation})).code, Close::Code::violation);
  parsed_as<Gone>(emitted(Gone{}));
  const auto ping = std::span(room_).first(1472);
  emit(1, Ping{99}, ping);
  EXPECT_EQ(parsed_as<Ping>(ping).number, 99u);
}

TEST_F(PacketTest, RoundTripsAck) {
  Ack ack{.largest = 20,
          .cumulative_ack = 5000,
          .max_data = 9000,
          .delay = std::chrono::microseconds(7)};
  ack.count = 2;
  ack.ranges[0] = {15, 21};
  ack.ranges[1] = {3, 14};
  const auto read = parsed_as<Ack>(emitted(ack));
  EXPECT_EQ(text({1, read}),
            "to 1 ACK 20: cumulative 5000, max data 9000, delay 7 us [15, 21) [3, 14)");
}

TEST_F(PacketTest, ReaddressChangesOnlyTheConnectionId) {
  const auto packet = emitted(Welcome{7, parameters_});
  readdress(5, packet);
  ASSERT_TRUE(parse(packet));
  EXPECT_EQ(parse(packet)->to, 5u);
  EXPECT_EQ(parsed_as<Welcome>(packet).server, 7u);
  EXPECT_EQ(parsed_as<Welcome>(packet).parameters, parameters_);
}

TEST_F(PacketTest, RejectsRangesThatTouchOrAreOutOfOrder) {
  Ack ack{.largest = 20};
  ack.count = 2;
  for (const auto& [first, second] : {std::pair<Range, Range>{{15, 21}, {3, 15}},  // touch
                                      {{15, 22}, {3, 4}},                          // too high
                                      {{3, 4}, {15, 21}},
                                      {{15, 15}, {3, 4}}}) {
    ack.ranges[0] = first;
    ack.ranges[1] = second;
    EXPECT_FALSE(parse(emitted(ack)));
  }
}

TEST_F(PacketTest, RejectsEveryFlippedBit) {
  const auto packet = emitted(Welcome{7, parameters_});
  for (std::size_t bit = 0; bit < 8 * packet.size(); ++bit) {
    packet[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(parse(packet)) << bit;
    packet[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  EXPECT_TRUE(parse(packet));
}

TEST_F(PacketTest, RejectsTruncatedPackets) {
  const auto packet = emitted(Hello{1, parameters_, {}});
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, header_size, base_packet_size - 1})
    EXPECT_FALSE(parse(packet.first(size)));
}

TEST_F(PacketTest, RejectsInvalidParameters) {
  for (const TransportParameters& parameters :
       {TransportParameters{Strategy{0}, 1472, 1, 1}, TransportParameters{Strategy{4}, 1472, 1, 1},
        TransportParameters{Strategy::go_back_n, base_packet_size - 1, 1, 1},
        TransportParameters{Strategy::go_back_n, max_packet_size + 1, 1, 1},
        TransportParameters{Strategy::go_back_n, 1472, 0, 1},
        TransportParameters{Strategy::go_back_n, 1472, 1, number_end}})
    EXPECT_FALSE(parse(emitted(Welcome{1, parameters})));
}

TEST_F(PacketTest, GoneIsShorterThanAnyPacketThatItAnswers) {
  const std::size_t gone = emitted(Gone{}).size();
  EXPECT_LT(gone, emitted(Ack{}).size());
  EXPECT_LT(gone, emitted(Close{}).size());
  EXPECT_LT(gone, header_size + 8);  // PING
}

}  // namespace
}  // namespace netlab::reliable
