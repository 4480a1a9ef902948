#include "base/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <cstring>

#include "support/thrown.h"

namespace netlab {
namespace {

Address v6(const char* host, std::uint16_t port, std::uint32_t zone = 0) {
  sockaddr_storage storage{};
  sockaddr_in6 raw{};
  raw.sin6_family = AF_INET6;
  raw.sin6_port = htons(port);
  raw.sin6_scope_id = zone;
  EXPECT_EQ(inet_pton(AF_INET6, host, &raw.sin6_addr), 1);
  std::memcpy(&storage, &raw, sizeof raw);
  return Address::from_raw(storage);
}

TEST(Address, DefaultsToZero) {
  EXPECT_EQ(Address().text(), "0.0.0.0:0");
}

TEST(Address, TextIncludesThePort) {
  EXPECT_EQ(Address::loopback(5001).text(), "127.0.0.1:5001");
  EXPECT_EQ(Address::any_v4(65535).text(), "0.0.0.0:65535");
}

TEST(Address, TextPutsIpv6InBrackets) {
  EXPECT_EQ(Address::any(8888).text(), "[::]:8888");
  EXPECT_EQ(v6("2001:db8::1", 21).text(), "[2001:db8::1]:21");
  EXPECT_EQ(v6("2001:db8::1", 21).host(), "2001:db8::1");
}

TEST(Address, ConvertsMappedIpv6ToIpv4) {
  const Address client = v6("::ffff:192.0.2.1", 4711);
  EXPECT_EQ(client.family(), AF_INET);
  EXPECT_EQ(client.text(), "192.0.2.1:4711");
  EXPECT_EQ(client.raw_size(), sizeof(sockaddr_in));
}

TEST(Address, TextNamesTheZoneOfALinkLocalAddress) {
  const unsigned int zone = if_nametoindex("lo");
  if (zone == 0) GTEST_SKIP() << "no interface lo";
  EXPECT_EQ(v6("fe80::1", 1, zone).text(), "[fe80::1%lo]:1");
}

TEST(Address, RecognizesLoopbackOfBothFamilies) {
  EXPECT_TRUE(Address::loopback(1).is_loopback());
  EXPECT_TRUE(v6("::1", 1).is_loopback());
  EXPECT_TRUE(v6("::ffff:127.9.9.9", 1).is_loopback());
  EXPECT_FALSE(v6("::ffff:128.0.0.1", 1).is_loopback());
  EXPECT_FALSE(v6("::2", 1).is_loopback());
  EXPECT_FALSE(Address::any(1).is_loopback());
}

TEST(Address, RecognizesTheDualStackWildcard) {
  EXPECT_TRUE(Address::any(1).is_any_v6());
  EXPECT_FALSE(Address::any_v4(1).is_any_v6());
  EXPECT_FALSE(v6("::1", 1).is_any_v6());
}

TEST(Address, RoundTripsThroughSockaddr) {
  for (const Address& address : {Address::loopback(5001), Address::any(1), v6("2001:db8::9", 7)}) {
    sockaddr_storage storage{};
    std::memcpy(&storage, address.raw(), address.raw_size());
    EXPECT_EQ(Address::from_raw(storage).text(), address.text());
  }
}

TEST(Address, RejectsOtherFamilies) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  EXPECT_EQ(error_of([&] { Address::from_raw(storage); }), EAFNOSUPPORT);
}

}  // namespace
}  // namespace netlab
