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
  Body again(std::span<const std::byte> packet) {
    const auto read = parse(packet);
    if (!read) throw std::runtime_error("is not read");
    return std::get<Body>(read->body);
  }

  std::vector<std::byte> room_ = std::vector<std::byte>(max_packet_size);
  const TransportParameters parameters_{Strategy::go_back_n, 1472, 64, 4'194'304};
};

// RFC 3720 appendix B.4, and the check value of every catalogue.
TEST(Crc32c, IsTheOneOfTheRfc) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32)), 0x8a9136aa);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0xff})), 0x62a8ab43);
}

TEST(Crc32c, IsTheSameByInstructionAndByTable) {
  std::vector<std::byte> bytes(1500);  // three of its rounds of stripes, and rests of all sizes
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i * 2'654'435'761 >> 24);
  for (std::size_t size = 0; size <= bytes.size(); ++size)
    EXPECT_EQ(crc32c(std::span(bytes).first(size)), crc32c_by_table(std::span(bytes).first(size)));
}

// The worked example of docs/protocols.md.
TEST_F(PacketTest, HasTheBytesOfTheDocument) {
  EXPECT_EQ(hex(emitted(Close{Close::Code::aborted})), "af21096401070000112233445566778800000001");
  const auto text = bytes_of("hello");
  const auto packet = std::span(room_).first(data_header_size + text.size());
  std::ranges::copy(text, packet.begin() + data_header_size);
  emit_around(0x1122334455667788, {.number = 17, .offset = 4096, .payload = text, .last = true},
              packet);
  EXPECT_EQ(hex(packet),
            "33dbcf0e0104000111223344556677880000000000000011000000000000100068656c6c6f");
}

TEST_F(PacketTest, ReadsAHelloAsItWasWritten) {
  const auto token = bytes_of("sixteen bytes...");
  const auto packet = emitted(Hello{0xabcdef, parameters_, token});
  EXPECT_EQ(packet.size(), base_packet_size);
  const auto hello = again<Hello>(packet);
  EXPECT_EQ(hello.client, 0xabcdefu);
  EXPECT_EQ(hello.parameters, parameters_);
  EXPECT_EQ(hex(hello.token), hex(token));
}

TEST_F(PacketTest, ReadsTheOthersAsTheyWereWritten) {
  EXPECT_EQ(hex(again<Retry>(emitted(Retry{bytes_of("token")})).token), hex(bytes_of("token")));
  const auto welcome = again<Welcome>(emitted(Welcome{7, parameters_}));
  EXPECT_EQ(welcome.server, 7u);
  EXPECT_EQ(welcome.parameters, parameters_);
  EXPECT_EQ(again<Close>(emitted(Close{Close::Code::violation})).code, Close::Code::violation);
  again<Gone>(emitted(Gone{}));
  const auto ping = std::span(room_).first(1472);
  emit(1, Ping{99}, ping);
  EXPECT_EQ(again<Ping>(ping).number, 99u);
}

TEST_F(PacketTest, ReadsAnAcknowledgementAsItWasWritten) {
  Ack ack{.largest = 20,
          .cumulative_ack = 5000,
          .max_data = 9000,
          .delay = std::chrono::microseconds(7)};
  ack.count = 2;
  ack.ranges[0] = {15, 21};
  ack.ranges[1] = {3, 14};
  const auto read = again<Ack>(emitted(ack));
  EXPECT_EQ(text({1, read}),
            "to 1 ACK 20: all before byte 5000, limit 9000, after 7 us [15, 21) [3, 14)");
}

TEST_F(PacketTest, RefusesRunsThatTouchOrAreOutOfOrder) {
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

TEST_F(PacketTest, RefusesEveryFlippedBit) {
  const auto packet = emitted(Welcome{7, parameters_});
  for (std::size_t bit = 0; bit < 8 * packet.size(); ++bit) {
    packet[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(parse(packet)) << bit;
    packet[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  EXPECT_TRUE(parse(packet));
}

TEST_F(PacketTest, RefusesWhatIsCutOff) {
  const auto packet = emitted(Hello{1, parameters_, {}});
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, header_size, base_packet_size - 1})
    EXPECT_FALSE(parse(packet.first(size)));
}

TEST_F(PacketTest, RefusesTermsThatMakeNoSense) {
  for (const TransportParameters& parameters :
       {TransportParameters{Strategy{0}, 1472, 1, 1}, TransportParameters{Strategy{4}, 1472, 1, 1},
        TransportParameters{Strategy::go_back_n, base_packet_size - 1, 1, 1},
        TransportParameters{Strategy::go_back_n, max_packet_size + 1, 1, 1},
        TransportParameters{Strategy::go_back_n, 1472, 0, 1},
        TransportParameters{Strategy::go_back_n, 1472, 1, number_end}})
    EXPECT_FALSE(parse(emitted(Welcome{1, parameters})));
}

TEST_F(PacketTest, HasAnAnswerToStrangersThatIsShorterThanAnythingTheySend) {
  const std::size_t gone = emitted(Gone{}).size();
  EXPECT_LT(gone, emitted(Ack{}).size());
  EXPECT_LT(gone, emitted(Close{}).size());
  EXPECT_LT(gone, header_size + 8);  // PING
}

}  // namespace
}  // namespace netlab::reliable
