#include "protocol/sheet/codec.h"

#include <gtest/gtest.h>

#include "support/thrown.h"

namespace netlab::sheet {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::uint64_t offset_in(std::string_view digits) {
  std::string field(digits);
  field.resize(offset_size, '\0');
  return parse_offset(field);
}
std::string error_from(std::string_view field) {
  return thrown_by<ProtocolError>([&] { parse_offset(field); });
}

TEST(SheetCodec, ParsesTheThreeCommands) {
  EXPECT_EQ(parse_command("0\0"sv), Command::whole);
  EXPECT_EQ(parse_command("1\0"sv), Command::offset);
  EXPECT_EQ(parse_command("2\0"sv), Command::resume);
}

TEST(SheetCodec, RejectsUnknownCommands) {
  for (const std::string& field : {"3\0"s, "/\0"s, "\0\0"s, "00"s, "0\n"s, "\0000"s, "9\0"s})
    EXPECT_THROW(parse_command(field), ProtocolError) << field;
  EXPECT_EQ(thrown_by([] { parse_command("x\0"sv); }), R"(unknown command "x\x00")");
}

TEST(SheetCodec, RejectsCommandsOfAnotherSize) {
  EXPECT_THROW(parse_command(""), ProtocolError);
  EXPECT_THROW(parse_command("0"), ProtocolError);
  EXPECT_THROW(parse_command("0\0\0"sv), ProtocolError);
}

TEST(SheetCodec, AcceptsAnOffsetPaddedWithNul) {
  EXPECT_EQ(offset_in("0"), 0u);
  EXPECT_EQ(offset_in("7"), 7u);
  EXPECT_EQ(offset_in("999999999"), 999'999'999u);
}

TEST(SheetCodec, AcceptsTenDigitsWithoutNul) {
  EXPECT_EQ(parse_offset("2147483647"), 2'147'483'647u);
  EXPECT_EQ(parse_offset("9999999999"), 9'999'999'999u);
}

TEST(SheetCodec, AcceptsLeadingZeros) {
  EXPECT_EQ(parse_offset("0000000042"), 42u);
  EXPECT_EQ(offset_in("007"), 7u);
}

TEST(SheetCodec, IgnoresBytesAfterTheNul) {
  EXPECT_EQ(parse_offset("12\0garbage"sv), 12u);
  EXPECT_EQ(parse_offset("12\0-9\xff\xff\xff\xff\xff"sv), 12u);
}

TEST(SheetCodec, RejectsInvalidOffsets) {
  for (const char* digits : {"", "-1", "+1", " 1", "1 ", "1x", "x", "0x10", "1.0", "1e3", "1\n"})
    EXPECT_THROW(offset_in(digits), ProtocolError) << digits;
  EXPECT_THROW(parse_offset("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), ProtocolError);
  EXPECT_EQ(error_from("-1\0\0\0\0\0\0\0\0"sv),
            R"(bad offset "-1\x00\x00\x00\x00\x00\x00\x00\x00")");
}

TEST(SheetCodec, EmitsTheBytesOfTheSheetsClient) {
  EXPECT_EQ(emit_request(Command::whole, 0), "0\0"s);
  EXPECT_EQ(emit_request(Command::offset, 7), "1\0007\0\0\0\0\0\0\0\0\0"s);
  EXPECT_EQ(emit_request(Command::resume, 0), "2\0000\0\0\0\0\0\0\0\0\0"s);
  EXPECT_EQ(emit_request(Command::resume, max_client_offset), "2\000999999999\0"s);
}

TEST(SheetCodec, ParsesWhatItEmits) {
  for (const std::uint64_t offset : {0ul, 1ul, 10ul, 123'456'789ul, max_client_offset}) {
    const std::string request = emit_request(Command::offset, offset);
    ASSERT_EQ(request.size(), command_size + offset_size);
    EXPECT_EQ(parse_command(request.substr(0, command_size)), Command::offset);
    EXPECT_EQ(parse_offset(request.substr(command_size)), offset);
  }
}

}  // namespace
}  // namespace netlab::sheet
