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

class ProxyProtocol : public testing::Test {
 protected:
  std::string peer_after(const std::string& bytes) {
    stream_.says(bytes);
    EXPECT_EQ(proxy::read_header(stream_), HeaderKind::client);
    return stream_.peer().text();
  }
  std::string complaint(const std::string& bytes) {
    ScriptedStream stream(network_);
    stream.says(bytes);
    return thrown_by<ProtocolError>([&] { proxy::read_header(stream); });
  }

  VirtualNetwork network_;
  ScriptedStream stream_{network_};
};

TEST_F(ProxyProtocol, TellsAClientOfIpv4) {
  EXPECT_EQ(peer_after(signature + ipv4), "192.0.2.1:4660");
}

TEST_F(ProxyProtocol, TellsAClientOfIpv6) {
  const std::string block = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01"s +
                            std::string(16, '\xff') + "\x00\x50\x13\x89"s;
  EXPECT_EQ(peer_after(signature + "\x21\x21\x00\x24"s + block), "[2001:db8::1]:80");
}

TEST_F(ProxyProtocol, IsTakenInPiecesAndNotAByteMore) {
  stream_.says_bytewise(signature + ipv4 + "GET");
  EXPECT_EQ(proxy::read_header(stream_), HeaderKind::client);
  EXPECT_EQ(stream_.peer().text(), "192.0.2.1:4660");
  EXPECT_EQ(stream_.unread(), 3u);
}

TEST_F(ProxyProtocol, MaySayMore) {
  const std::string more = "\x04\x00\x03xyz"s;
  EXPECT_EQ(peer_after(signature + "\x21\x11\x00\x12"s + ipv4.substr(4) + more), "192.0.2.1:4660");
  EXPECT_EQ(stream_.unread(), 0u);
}

TEST_F(ProxyProtocol, TellsNobodyOfTheProxyItselfAndOfOtherFamilies) {
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

TEST_F(ProxyProtocol, IsRefusedWhenItIsNone) {
  EXPECT_EQ(complaint("GET notes.txt 0\n"), "no PROXY header: \"GET notes.txt 0\\n\"");
  EXPECT_EQ(complaint("PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n"),
            "a PROXY header of version 1, only version 2 is understood");
  EXPECT_EQ(complaint(signature + "\x31\x11\x00\x0c"s), "a PROXY header with command 0x31");
  EXPECT_EQ(complaint(signature + "\x22\x11\x00\x0c"s), "a PROXY header with command 0x22");
  EXPECT_EQ(complaint(signature + "\x21\x11\x10\x01"s), "a PROXY header of 4113 bytes");
  EXPECT_EQ(complaint(signature + "\x21\x11\x00\x0b"s + ipv4.substr(4, 11)),
            "a PROXY header with 11 of 12 bytes of addresses");
  EXPECT_EQ(complaint(signature + "\x21\x21"s + ipv4.substr(2)),
            "a PROXY header with 12 of 36 bytes of addresses");
}

TEST_F(ProxyProtocol, IsRefusedAsSoonAsItCanBeNone) {
  const auto complaint_before_silence = [&](const std::string& bytes) {
    ScriptedStream stream(network_);
    stream.says_bytewise(bytes).is_silent();
    return thrown_by<ProtocolError>([&] { proxy::read_header(stream); });
  };
  EXPECT_EQ(complaint_before_silence("LIST\n"), "no PROXY header: \"L\"");
  EXPECT_EQ(complaint_before_silence("PRO\n"), "no PROXY header: \"PRO\\n\"");
  EXPECT_EQ(complaint_before_silence("\r\n\r\n\r"), "no PROXY header: \"\\r\\n\\r\\n\\r\"");
  EXPECT_EQ(complaint_before_silence("PROXY UNKNOWN\r\n"),
            "a PROXY header of version 1, only version 2 is understood");
}

TEST_F(ProxyProtocol, IsRefusedWhenItIsCutOff) {
  const std::string whole = signature + ipv4;
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(complaint(whole.substr(0, size)), "the proxy finished in the middle of its header");
  EXPECT_EQ(proxy::read_header(stream_), HeaderKind::nobody);
}

}  // namespace
}  // namespace netlab
