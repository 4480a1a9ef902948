#include "protocol/proxy/proxy_protocol.h"

#include <gtest/gtest.h>

#include "support/scripted_stream.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::string_literals;
using proxy::HeaderKind;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
// 192.0.2.1:4660 to 198.51.100.2:5001.
const std::string ipv4 = "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x02\x12\x34\x13\x89"s;

class ProxyProtocolTest : public testing::Test {
 protected:
  std::string peer_after(const std::string& bytes) {
    stream_.says(bytes);
    EXPECT_EQ(proxy::read_header(stream_), HeaderKind::client);
    return stream_.peer().text();
  }
  std::string error_from(const std::string& bytes) {
    ScriptedStream stream(network_);
    stream.says(bytes);
    return thrown_by<ProtocolError>([&] { proxy::read_header(stream); });
  }

  VirtualNetwork network_;
  ScriptedStream stream_{network_};
};

TEST_F(ProxyProtocolTest, ReadsAnIpv4Client) {
  EXPECT_EQ(peer_after(signature + ipv4), "192.0.2.1:4660");
}

TEST_F(ProxyProtocolTest, ReadsAnIpv6Client) {
  const std::string block = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01"s +
                            std::string(16, '\xff') + "\x00\x50\x13\x89"s;
  EXPECT_EQ(peer_after(signature + "\x21\x21\x00\x24"s + block), "[2001:db8::1]:80");
}

TEST_F(ProxyProtocolTest, ReadsExactlyTheHeaderInAnyPieces) {
  stream_.says_bytewise(signature + ipv4 + "GET");
  EXPECT_EQ(proxy::read_header(stream_), HeaderKind::client);
  EXPECT_EQ(stream_.peer().text(), "192.0.2.1:4660");
  EXPECT_EQ(stream_.unread(), 3u);
}

TEST_F(ProxyProtocolTest, SkipsExtensions) {
  const std::string more = "\x04\x00\x03xyz"s;
  EXPECT_EQ(peer_after(signature + "\x21\x11\x00\x12"s + ipv4.substr(4) + more), "192.0.2.1:4660");
  EXPECT_EQ(stream_.unread(), 0u);
}

TEST_F(ProxyProtocolTest, KeepsThePeerForLocalAndOtherFamilies) {
  for (const std::string& rest :
       {"\x20\x00\x00\x00"s, "\x20\x11"s + ipv4.substr(2), "\x21\x00\x00\x00"s,
        "\x21\x12"s + ipv4.substr(2), "\x21\x31\x00\x02xy"s}) {
    ScriptedStream stream(network_);
    stream.says(signature + rest);
    EXPECT_EQ(proxy::read_header(stream),
              rest.starts_with('\x20') ? HeaderKind::proxy : HeaderKind::client);
    EXPECT_EQ(stream.peer().text(), "127.0.0.1:4711");
    EXPECT_EQ(stream.unread(), 0u);
  }
}

TEST_F(ProxyProtocolTest, RejectsInvalidHeaders) {
  EXPECT_EQ(error_from("GET notes.txt 0\n"), "no PROXY header: \"GET notes.txt 0\\n\"");
  EXPECT_EQ(error_from("PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n"),
            "PROXY header is version 1: only version 2 is supported");
  EXPECT_EQ(error_from(signature + "\x31\x11\x00\x0c"s), "PROXY header has unknown command 0x31");
  EXPECT_EQ(error_from(signature + "\x22\x11\x00\x0c"s), "PROXY header has unknown command 0x22");
  EXPECT_EQ(error_from(signature + "\x21\x11\x10\x01"s),
            "PROXY header has 4113 bytes: at most 4112 are accepted");
  EXPECT_EQ(error_from(signature + "\x21\x11\x00\x0b"s + ipv4.substr(4, 11)),
            "PROXY header has 11 of 12 bytes of addresses");
  EXPECT_EQ(error_from(signature + "\x21\x21"s + ipv4.substr(2)),
            "PROXY header has 12 of 36 bytes of addresses");
}

TEST_F(ProxyProtocolTest, RejectsBytesAsSoonAsTheyCannotMatch) {
  const auto error_before_silence = [&](const std::string& bytes) {
    ScriptedStream stream(network_);
    stream.says_bytewise(bytes).is_silent();
    return thrown_by<ProtocolError>([&] { proxy::read_header(stream); });
  };
  EXPECT_EQ(error_before_silence("LIST\n"), "no PROXY header: \"L\"");
  EXPECT_EQ(error_before_silence("PRO\n"), "no PROXY header: \"PRO\\n\"");
  EXPECT_EQ(error_before_silence("\r\n\r\n\r"), "no PROXY header: \"\\r\\n\\r\\n\\r\"");
  EXPECT_EQ(error_before_silence("PROXY UNKNOWN\r\n"),
            "PROXY header is version 1: only version 2 is supported");
}

TEST_F(ProxyProtocolTest, RejectsTruncatedHeaders) {
  const std::string whole = signature + ipv4;
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(error_from(whole.substr(0, size)),
              "connection ended in the middle of the PROXY header");
  EXPECT_EQ(proxy::read_header(stream_), HeaderKind::none);
}

}  // namespace
}  // namespace netlab
