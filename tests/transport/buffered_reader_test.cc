#include "transport/buffered_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "support/scripted_stream.h"
#include "support/temporary_directory.h"
#include "support/thrown.h"
#include "transport/lingering_close.h"

namespace netlab {
namespace {

class BufferedReaderTest : public testing::Test {
 protected:
  std::string read_some(std::size_t most) {
    std::string bytes(most, '\0');
    bytes.resize(reader_.read_some(std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }

  VirtualNetwork network_;
  ScriptedStream stream_{network_};
  BufferedReader reader_{stream_};
};

TEST_F(BufferedReaderTest, ReadsFieldsFromAnyPieces) {
  stream_.says("ab").says_bytewise("cde").says("fgh");
  EXPECT_EQ(reader_.read_exact(1), "a");
  EXPECT_EQ(reader_.read_exact(5), "bcdef");
  EXPECT_EQ(reader_.read_exact(0), "");
  EXPECT_EQ(reader_.read_exact(2), "gh");
}

TEST_F(BufferedReaderTest, ReportsHowMuchOfAFieldArrived) {
  stream_.says("abc");
  EXPECT_EQ(thrown_by<ConnectionEnded>([&] { reader_.read_exact(10); }),
            "the peer closed the connection after 3 of 10 bytes");
}

TEST_F(BufferedReaderTest, ReadsLinesFromAnyPieces) {
  stream_.says("one\ntw").says_bytewise("o\n\nfour").says("\n");
  EXPECT_EQ(reader_.read_line(10), "one");
  EXPECT_EQ(reader_.read_line(10), "two");
  EXPECT_EQ(reader_.read_line(10), "");
  EXPECT_EQ(reader_.read_line(10), "four");
}

TEST_F(BufferedReaderTest, AcceptsALineOfTheMaximumSize) {
  stream_.says("12345\n").says_bytewise("12345\n");
  EXPECT_EQ(reader_.read_line(5), "12345");
  EXPECT_EQ(reader_.read_line(5), "12345");
}

TEST_F(BufferedReaderTest, RejectsALineOneByteLonger) {
  stream_.says("123456\n");
  EXPECT_EQ(thrown_by<ProtocolError>([&] { reader_.read_line(5); }), "a line of more than 5 bytes");
}

TEST_F(BufferedReaderTest, RejectsAnEndlessLineEarly) {
  const std::string piece(1000, 'x');
  for (int i = 0; i < 100; ++i) stream_.says(piece);
  EXPECT_EQ(thrown_by<ProtocolError>([&] { reader_.read_line(5000); }),
            "a line of more than 5000 bytes");
  EXPECT_GE(stream_.unread(), 90'000u);
}

TEST_F(BufferedReaderTest, ReportsALineWithoutEnd) {
  stream_.says("half a l");
  EXPECT_EQ(thrown_by<ConnectionEnded>([&] { reader_.read_line(100); }),
            "the peer closed the connection in the middle of a line");
}

TEST_F(BufferedReaderTest, PeekConsumesNothing) {
  stream_.says("\xff");
  EXPECT_EQ(reader_.peek(), 0xff);
  EXPECT_EQ(reader_.peek(), 0xff);
  EXPECT_EQ(reader_.read_exact(1), "\xff");
  EXPECT_EQ(reader_.peek(), -1);
}

TEST_F(BufferedReaderTest, ReturnsBufferedBytesFirst) {
  stream_.says("line\nrest").says("more");
  EXPECT_EQ(reader_.read_line(10), "line");
  EXPECT_EQ(read_some(2), "re");
  EXPECT_EQ(read_some(10), "st");
  EXPECT_EQ(read_some(10), "more");
  EXPECT_EQ(read_some(10), "");
}

TEST_F(BufferedReaderTest, ReceivesAtMostTheGivenBytesIntoAFile) {
  const TemporaryDirectory directory;
  directory.write("file", "");
  const Fd file(open(directory.path("file").c_str(), O_WRONLY | O_CLOEXEC));
  stream_.says("line\nrest").says("more");
  reader_.read_line(10);
  EXPECT_EQ(reader_.receive_file(file, "file", 3), 3u);
  EXPECT_EQ(reader_.receive_file(file, "file", 3), 1u);
  EXPECT_EQ(directory.read("file"), "rest");
  EXPECT_EQ(reader_.receive_file(file, "file", 3), 3u);
  EXPECT_EQ(directory.read("file"), "restmor");
  EXPECT_EQ(stream_.unread(), 1u);
}

TEST_F(BufferedReaderTest, ReportsAvailableBytesAndLines) {
  EXPECT_EQ(reader_.available(), 0u);
  stream_.says("GET a\nGET");
  EXPECT_EQ(reader_.peek(), 'G');
  EXPECT_EQ(reader_.available(), 9u);
  EXPECT_TRUE(reader_.has_line());
  reader_.read_line(10);
  EXPECT_EQ(reader_.available(), 3u);
  EXPECT_FALSE(reader_.has_line());
}

TEST_F(BufferedReaderTest, SkipsBytes) {
  stream_.says("12345").says("6789");
  reader_.skip_exact(7);
  EXPECT_EQ(read_some(10), "89");
  EXPECT_EQ(thrown_by<ConnectionEnded>([&] { reader_.skip_exact(2); }),
            "the peer closed the connection 2 bytes early");
}

TEST_F(BufferedReaderTest, PropagatesErrorsWithoutLosingBytes) {
  stream_.says("ab").fails(ECONNRESET);
  EXPECT_EQ(error_of([&] { reader_.read_exact(3); }), ECONNRESET);
  EXPECT_EQ(read_some(10), "ab");
}

class LingeringCloseTest : public BufferedReaderTest {};

TEST_F(LingeringCloseTest, FinishesAndReadsToTheEnd) {
  stream_.says("rest").pauses(std::chrono::milliseconds(900)).says("of it");
  lingering_close(stream_, network_);
  EXPECT_TRUE(stream_.finished);
  EXPECT_EQ(stream_.unread(), 0u);
}

TEST_F(LingeringCloseTest, TakesAtMostOneSecond) {
  stream_.says_bytewise(std::string(100, 'x'), std::chrono::milliseconds(100));
  lingering_close(stream_, network_);
  EXPECT_EQ(network_.passed(), std::chrono::seconds(1));
  EXPECT_EQ(stream_.unread(), 90u);
}

TEST_F(LingeringCloseTest, ReadsAtMostOneMebibyte) {
  const std::string piece(4096, 'x');
  for (int i = 0; i < 300; ++i) stream_.says(piece);
  lingering_close(stream_, network_);
  EXPECT_EQ(stream_.unread(), 300u * 4096 - 1024 * 1024);
}

TEST_F(LingeringCloseTest, IgnoresAReset) {
  stream_.fails(ECONNRESET);
  EXPECT_NO_THROW(lingering_close(stream_, network_));
}

}  // namespace
}  // namespace netlab
