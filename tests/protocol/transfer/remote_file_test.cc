// The clients of both wires against scripted servers, well-behaved and misbehaving.
#include "protocol/transfer/remote_file.h"

#include <gtest/gtest.h>

#include "protocol/lab/remote_file.h"
#include "protocol/sheet/codec.h"
#include "protocol/sheet/remote_file.h"
#include "support/scripted_stream.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Texts = std::vector<std::string>;
using Purpose = RemoteFile::Purpose;

class RemoteFileTest : public testing::Test {
 protected:
  Connect connect() {
    return [this] {
      ++connections_;
      return std::move(owned_);
    };
  }
  static std::string receive(RemoteFile& file, std::size_t most) {
    std::string bytes(most, '\0');
    bytes.resize(file.receive(std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }

  VirtualNetwork network_;
  std::unique_ptr<ScriptedStream> owned_ = std::make_unique<ScriptedStream>(network_);
  ScriptedStream& server_ = *owned_;
  int connections_ = 0;
};

class LabRemoteFileTest : public RemoteFileTest {
 protected:
  std::unique_ptr<RemoteFile> file(const std::string& name = "notes.txt") {
    return lab_file(connect(), name);
  }
};

TEST_F(LabRemoteFileTest, ConnectsOnTheFirstRequest) {
  const auto remote = file();
  remote->set_deadline(add_saturating(network_.now(), 10s));
  EXPECT_EQ(connections_, 0);
  server_.says("OK 13 0 a-b-c notes.txt\n").says("OK 13 0 a-b-c notes.txt\n");
  remote->stat();
  remote->stat();
  EXPECT_EQ(connections_, 1);
  EXPECT_EQ(server_.deadline(), add_saturating(network_.now(), 10s));
}

TEST_F(LabRemoteFileTest, StatsTheFile) {
  server_.says_bytewise("OK 13 0 a-b-c notes.txt\n");
  const auto remote = file();
  const auto found = remote->stat();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "notes.txt");
  EXPECT_EQ(found->size, 13u);
  EXPECT_EQ(found->tag, "a-b-c");
  EXPECT_EQ(server_.written(), "STAT notes.txt\n");
}

TEST_F(LabRemoteFileTest, RequestsAndReceivesTheRest) {
  server_.says("OK 13 7 a-b-c notes.txt\nwor").says("ld\n");
  const auto remote = file();
  EXPECT_EQ(remote->open(Purpose::resume, 7, "a-b-c").size, 13u);
  EXPECT_EQ(server_.written(), "GET notes.txt 7 a-b-c\n");
  EXPECT_EQ(receive(*remote, 2), "wo");
  EXPECT_EQ(receive(*remote, 10), "r");
  EXPECT_EQ(receive(*remote, 10), "ld\n");
  EXPECT_EQ(receive(*remote, 10), "");
}

TEST_F(LabRemoteFileTest, EscapesTheServersErrorText) {
  server_.says("ERROR no-such-file \x1b[2Jgone\n");
  const auto remote = file();
  EXPECT_EQ(thrown_by<ProtocolError>([&] { remote->stat(); }), "notes.txt: \\x1b[2Jgone");
}

TEST_F(LabRemoteFileTest, RejectsAnInvalidReply) {
  server_.says("220 ready\r\n");
  const auto remote = file();
  EXPECT_EQ(thrown_by<ProtocolError>([&] { remote->stat(); }), R"(malformed reply: "220 ready\r")");
}

TEST_F(LabRemoteFileTest, RejectsAReplyForAnotherOffset) {
  server_.says("OK 13 0 a-b-c notes.txt\n");
  const auto remote = file();
  EXPECT_EQ(thrown_by<ProtocolError>([&] { remote->open(Purpose::resume, 7, ""); }),
            "the server replied for offset 0, not 7");
}

TEST_F(LabRemoteFileTest, RejectsAnEndlessReply) {
  const std::string piece(4096, 'x');
  for (int i = 0; i < 100; ++i) server_.says(piece);
  const auto remote = file();
  EXPECT_THROW(remote->stat(), ProtocolError);
  EXPECT_GT(server_.unread(), 300'000u);
}

TEST_F(LabRemoteFileTest, FailsWhenTheServerHasClosed) {
  const auto remote = file();
  EXPECT_THROW(remote->stat(), ConnectionEnded);
}

class SheetRemoteFileTest : public RemoteFileTest {
 protected:
  std::unique_ptr<RemoteFile> file() { return sheet_file(connect()); }
};

TEST_F(SheetRemoteFileTest, StatReturnsNothingWithoutConnecting) {
  EXPECT_FALSE(file()->stat());
  EXPECT_EQ(connections_, 0);
}

// The sheet's server treats the result of one read(2) as one field.
TEST_F(SheetRemoteFileTest, WritesEachFieldSeparately) {
  const auto remote = file();
  remote->open(Purpose::offset, 7, "");
  EXPECT_EQ(server_.writes, (Texts{"1\0"s, "7\0\0\0\0\0\0\0\0\0"s}));
}

TEST_F(SheetRemoteFileTest, ResumeHasItsOwnCommand) {
  const auto remote = file();
  remote->open(Purpose::resume, 0, "");
  EXPECT_EQ(server_.writes.front(), "2\0"s);
}

TEST_F(SheetRemoteFileTest, RequestsTheWholeFileWithoutAnOffset) {
  server_.says("hello");
  const auto remote = file();
  EXPECT_FALSE(remote->open(Purpose::whole, 0, "").size);
  EXPECT_EQ(server_.written(), "0\0"s);
  EXPECT_EQ(receive(*remote, 10), "hello");
  EXPECT_EQ(receive(*remote, 10), "");
}

TEST_F(SheetRemoteFileTest, RejectsTooLongOffsetsWithoutConnecting) {
  const auto remote = file();
  EXPECT_EQ(thrown_by<ProtocolError>(
                [&] { remote->open(Purpose::resume, sheet::max_client_offset + 1, ""); }),
            "offset 1000000000: must be at most 999999999 on the sheet's wire");
  EXPECT_EQ(connections_, 0);
  EXPECT_NO_THROW(remote->open(Purpose::resume, sheet::max_client_offset, ""));
}

}  // namespace
}  // namespace netlab
