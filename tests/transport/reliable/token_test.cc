#include "transport/reliable/handshake/token.h"

#include <gtest/gtest.h>

#include "transport/reliable/handshake/address_validator.h"

namespace netlab::reliable {
namespace {

using namespace std::chrono_literals;

// The test vectors of the paper's reference code: key and text are 00 01 02 ...
TEST(SipHash, MatchesTheTestVectors) {
  const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::array<std::byte, 15> text;
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::byte>(i);
  EXPECT_EQ(siphash(key, {}), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(siphash(key, text), 0xa129ca6149be45e5u);
}

class AddressValidatorTest : public testing::Test {
 protected:
  AddressValidator::Decision hello(Instant now, const Address& from,
                                   std::span<const std::byte> token, std::uint64_t id = 7) {
    const Hello hello{id, {Strategy::selective_repeat, base_packet_size, 10, 1000}, token};
    return validator_.on_datagram(now, from, std::span(packet_).first(emit(0, hello, packet_)),
                                  answer_);
  }
  // Requests a token for this client.
  std::vector<std::byte> token(Instant now, const Address& from, std::uint64_t id = 7) {
    const auto decision = hello(now, from, {}, id);
    const auto packet = parse(std::span(answer_).first(decision.answer));
    const auto issued = std::get<Retry>(packet.value().body).token;
    return {issued.begin(), issued.end()};
  }

  const Instant now_ = Instant(1h);
  const Address client_ = Address::loopback(40'000);
  AddressValidator validator_{{1, 2}};
  std::vector<std::byte> packet_ = std::vector<std::byte>(max_packet_size);
  std::vector<std::byte> answer_ = std::vector<std::byte>(base_packet_size);
};

TEST_F(AddressValidatorTest, AdmitsAClientWithItsToken) {
  EXPECT_TRUE(hello(now_, client_, token(now_, client_)).admitted);
}

TEST_F(AddressValidatorTest, RepliesWithLessThanAnUnvalidatedClientSent) {
  const auto decision = hello(now_, client_, {});
  EXPECT_FALSE(decision.admitted);
  EXPECT_EQ(decision.answer, header_size + token_size);
}

// Two connections of one client would receive each other's packets.
TEST_F(AddressValidatorTest, AdmitsAClientOnlyOnce) {
  const auto issued = token(now_, client_);
  const auto another = token(now_ + 1s, client_);
  EXPECT_TRUE(hello(now_ + 1s, client_, issued).admitted);
  for (const auto& old_token : {issued, another}) {
    const auto decision = hello(now_ + 1s, client_, old_token);
    EXPECT_FALSE(decision.admitted);
    EXPECT_EQ(decision.answer, 0u);
  }
  const auto later = now_ + 1s + token_lifetime;
  EXPECT_TRUE(hello(later, client_, token(later, client_)).admitted);
}

TEST_F(AddressValidatorTest, ForgetAllowsAdmittingAClientAgain) {
  const auto issued = token(now_, client_);
  const auto admitted = hello(now_, client_, issued).admitted;
  ASSERT_TRUE(admitted);
  validator_.forget(client_, *admitted);
  EXPECT_TRUE(hello(now_, client_, issued).admitted);
}

TEST_F(AddressValidatorTest, TokensExpireAfterFifteenSeconds) {
  const auto issued = token(now_, client_);
  EXPECT_FALSE(hello(now_ + token_lifetime, client_, issued).admitted);
  EXPECT_TRUE(hello(now_ + token_lifetime - 1ns, client_, issued).admitted);
}

TEST_F(AddressValidatorTest, TokensAreBoundToAddressAndId) {
  const auto issued = token(now_, client_);
  EXPECT_FALSE(hello(now_, Address::loopback(40'001), issued).admitted);
  EXPECT_FALSE(hello(now_, Address::any_v4(40'000), issued).admitted);
  EXPECT_FALSE(hello(now_, client_, issued, 8).admitted);
  EXPECT_TRUE(hello(now_, client_, issued).admitted);
}

TEST_F(AddressValidatorTest, RejectsModifiedAndForgedTokens) {
  auto issued = token(now_, client_);
  for (std::byte& byte : issued) {
    byte ^= std::byte{1};
    EXPECT_FALSE(hello(now_, client_, issued).admitted);
    byte ^= std::byte{1};
  }
  EXPECT_FALSE(hello(now_, client_, std::span(issued).first(15)).admitted);
  const Token foreign = make_token({3, 4}, client_, 7, now_);  // from another server
  EXPECT_FALSE(hello(now_, client_, foreign).admitted);
}

TEST_F(AddressValidatorTest, IgnoresPrivilegedPorts) {
  for (const std::uint16_t port : {0, 7, 53, 123, 1023})
    EXPECT_EQ(hello(now_, Address::loopback(port), {}).answer, 0u) << port;
}

TEST_F(AddressValidatorTest, RepliesGoneAtALimitedRate) {
  const auto ping = std::span(packet_).first(24);
  emit(0x77, Ping{1}, ping);
  const auto give = [&](Instant now) {
    return validator_.on_datagram(now, client_, ping, answer_).answer;
  };
  EXPECT_EQ(give(now_), header_size);
  EXPECT_EQ(parse(std::span(answer_).first(header_size)).value().to, 0x77u);
  EXPECT_EQ(give(now_ + 19ms), 0u);
  EXPECT_EQ(give(now_ + 20ms), header_size);
  // Never in reply to GONE: two servers would answer each other forever.
  const auto gone = std::span(packet_).first(emit(1, Gone{}, packet_));
  EXPECT_EQ(validator_.on_datagram(now_ + 1s, client_, gone, answer_).answer, 0u);
}

TEST_F(AddressValidatorTest, IgnoresInvalidPackets) {
  for (std::size_t size = 0; size < 100; ++size)
    EXPECT_EQ(validator_.on_datagram(now_, client_, std::span(answer_).first(size), answer_).answer,
              0u);
}

}  // namespace
}  // namespace netlab::reliable
