#include "socket/endpoint.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "support/thrown.h"

namespace netlab {
namespace {

constexpr std::uint16_t default_port = 5001;

std::string parsed(std::string_view text) {
  return Endpoint::parse(text, default_port).text();
}

std::string error_from(std::string_view text) {
  return thrown_by<std::invalid_argument>([&] { Endpoint::parse(text, default_port); });
}

TEST(Endpoint, AcceptsAHostWithoutAPort) {
  EXPECT_EQ(parsed("example.org"), "example.org:5001");
}

TEST(Endpoint, AcceptsAHostAndAPort) {
  EXPECT_EQ(parsed("example.org:21"), "example.org:21");
  EXPECT_EQ(parsed("192.0.2.1:0"), "192.0.2.1:0");
  EXPECT_EQ(parsed("h:65535"), "h:65535");
}

TEST(Endpoint, DefaultsToLocalhost) {
  EXPECT_EQ(parsed(""), "localhost:5001");
  EXPECT_EQ(parsed(":21"), "localhost:21");
}

TEST(Endpoint, AcceptsIpv6InBrackets) {
  EXPECT_EQ(parsed("[2001:db8::1]:21"), "[2001:db8::1]:21");
  EXPECT_EQ(parsed("[::1]"), "[::1]:5001");
}

TEST(Endpoint, ParsesSeveralColonsAsABareIpv6Address) {
  EXPECT_EQ(parsed("::1"), "[::1]:5001");
  EXPECT_EQ(parsed("2001:db8::1:21"), "[2001:db8::1:21]:5001");
}

TEST(Endpoint, RejectsInvalidPorts) {
  for (const std::string port :
       {"65536", "", "-1", "+1", " 1", "1 ", "0x10", "ftp", "99999999999999999999"}) {
    const std::string error = "port '" + port + "' must be a number from 0 to 65535";
    EXPECT_EQ(error_from("h:" + port), error);
    EXPECT_EQ(error_from("[::1]:" + port), error);
  }
}

TEST(Endpoint, RejectsAnUnclosedBracket) {
  EXPECT_EQ(error_from("[::1"), "'[::1' is missing its closing bracket");
  EXPECT_EQ(error_from("[::1]21"), "'[::1]21' must be [ADDRESS]:PORT");
}

TEST(Resolve, KeepsNumericAddresses) {
  const auto v4 = resolve({"192.0.2.1", 21});
  ASSERT_EQ(v4.size(), 1u);
  EXPECT_EQ(v4.front().text(), "192.0.2.1:21");
  const auto v6 = resolve({"2001:db8::1", 0});
  ASSERT_EQ(v6.size(), 1u);
  EXPECT_EQ(v6.front().text(), "[2001:db8::1]:0");
}

TEST(Resolve, FindsLocalhost) {
  const auto addresses = resolve(Endpoint::parse("", 5001));
  ASSERT_FALSE(addresses.empty());
  for (const Address& address : addresses) {
    EXPECT_TRUE(address.is_loopback()) << address.text();
    EXPECT_EQ(address.port(), 5001);
  }
}

}  // namespace
}  // namespace netlab
