#include "protocol/lab/codec.h"

#include <gtest/gtest.h>

#include "base/decimal.h"
#include "support/seed.h"
#include "support/thrown.h"

namespace netlab::lab {
namespace {

using namespace std::string_literals;

std::string error_from(std::string_view request) {
  return thrown_by<ProtocolError>([&] { parse_request(request); });
}
std::string reply_error_from(std::string_view reply) {
  return thrown_by<ProtocolError>([&] { parse_reply(reply); });
}
FileReply file_reply_in(std::string_view line) {
  return std::get<FileReply>(parse_reply(line));
}
ErrorReply error_reply_in(std::string_view line) {
  return std::get<ErrorReply>(parse_reply(line));
}
// Returns the emitted line without its LF.
template <typename Value>
std::string emitted(const Value& value) {
  std::string line = emit(value);
  EXPECT_TRUE(line.ends_with('\n'));
  line.pop_back();
  EXPECT_EQ(line.find('\n'), std::string::npos);
  return line;
}

TEST(LabRequest, ParsesGet) {
  const Request request = parse_request("GET notes.txt 7");
  EXPECT_EQ(request.method, Request::Method::get);
  EXPECT_EQ(request.name, "notes.txt");
  EXPECT_EQ(request.offset, 7u);
  EXPECT_EQ(request.tag, "");
}

TEST(LabRequest, ParsesAnOptionalTag) {
  EXPECT_EQ(parse_request("GET notes.txt 7 a-b-c").tag, "a-b-c");
}

TEST(LabRequest, ParsesAndEmitsPut) {
  const Request put{.method = Request::Method::put,
                    .name = "a b",
                    .offset = 3,
                    .tag = "x-y",
                    .size = 10,
                    .modified = 7,
                    .executable = true,
                    .durable = true};
  EXPECT_EQ(emit(put), "PUT a%20b 10 3 7 x sync if=x-y\n");
  EXPECT_EQ(parse_request("PUT a%20b 10 3 7 x sync if=x-y"), put);
  EXPECT_EQ(parse_request("PUT a%20b 10 3 7 x if=x-y later sync"), put);
}

TEST(LabRequest, ParsesStat) {
  const Request request = parse_request("STAT sub/notes.txt");
  EXPECT_EQ(request.method, Request::Method::stat);
  EXPECT_EQ(request.name, "sub/notes.txt");
}

TEST(LabRequest, NamesTheDefaultFileWithAStar) {
  EXPECT_EQ(parse_request("GET * 0").name, "");
  EXPECT_EQ(parse_request("STAT *").name, "");
  EXPECT_EQ(parse_request("STAT %2A").name, "*");
  EXPECT_EQ(parse_request("STAT **").name, "**");
}

TEST(LabRequest, IgnoresWordsOfLaterVersions) {
  EXPECT_EQ(parse_request("GET notes.txt 7 a-b-c hash=1 more").tag, "a-b-c");
  EXPECT_EQ(parse_request("STAT notes.txt more words").name, "notes.txt");
}

TEST(LabRequest, RejectsUnknownCommands) {
  EXPECT_EQ(error_from("APPEND notes.txt"), "unknown command \"APPEND\"");
  EXPECT_EQ(error_from(""), "unknown command \"\"");
  EXPECT_EQ(error_from("get notes.txt 0"), "unknown command \"get\"");
  EXPECT_EQ(error_from("GET\tnotes.txt 0"), "unknown command \"GET\\tnotes.txt\"");
  EXPECT_EQ(error_from(" GET notes.txt 0"), "unknown command \"\"");
}

TEST(LabRequest, RequiresAName) {
  EXPECT_EQ(error_from("GET"), "missing name");
  EXPECT_EQ(error_from("GET "), "missing name");
  EXPECT_EQ(error_from("GET  0"), "missing name");
  EXPECT_EQ(error_from("STAT"), "missing name");
}

TEST(LabRequest, RejectsOffsetsBeyond63Bits) {
  EXPECT_EQ(parse_request("GET x 9223372036854775807").offset, max_offset);
  EXPECT_EQ(error_from("GET x 9223372036854775808"), "bad offset \"9223372036854775808\"");
  EXPECT_EQ(error_from("GET x 18446744073709551616"), "bad offset \"18446744073709551616\"");
  EXPECT_EQ(error_from("GET x 12345678901234567890"), "bad offset \"12345678901234567890\"");
  EXPECT_EQ(error_from("GET x"), "bad offset \"\"");
  EXPECT_EQ(error_from("GET x  7"), "bad offset \"\"");
  for (const char* offset : {"-1", "+1", "0x10", "1x", "1.0"})
    EXPECT_EQ(error_from("GET x "s + offset), "bad offset \""s + offset + "\"");
  EXPECT_EQ(error_from("GET x 1\r"), "bad offset \"1\\r\"");
}

TEST(LabRequest, LimitsTagsTo64Characters) {
  const std::string longest(max_tag, 't');
  EXPECT_EQ(parse_request("GET x 0 " + longest).tag, longest);
  EXPECT_EQ(error_from("GET x 0 " + longest + "t"), "bad tag \"" + longest + "t\"");
}

TEST(LabRequest, RequiresPrintableTags) {
  EXPECT_EQ(error_from("GET x 0 a\x7f"), "bad tag \"a\\x7f\"");
  EXPECT_EQ(error_from("GET x 0 a\x01"), "bad tag \"a\\x01\"");
  EXPECT_EQ(error_from("GET x 0 \xc3\xa4"), "bad tag \"\xc3\xa4\"");
  EXPECT_EQ(parse_request("GET x 0 !~").tag, "!~");
}

TEST(LabName, IsPercentEncoded) {
  EXPECT_EQ(parse_request("STAT a%20b%0A%25%00c").name, "a b\n%\0c"s);
  EXPECT_EQ(parse_request("STAT %c3%A4").name, "\xc3\xa4");
  EXPECT_EQ(emit(Request{.method = Request::Method::stat, .name = "a b\n%*\xc3\xa4\x7f"}),
            "STAT a%20b%0A%25%2A%C3%A4%7F\n");
  EXPECT_EQ(emit(Request{.name = "sub/notes.txt", .offset = 7}), "GET sub/notes.txt 7\n");
  EXPECT_EQ(emit(Request{.name = "", .offset = 7, .tag = "a-b"}), "GET * 7 a-b\n");
}

TEST(LabName, RejectsBadHexDigits) {
  for (const char* name :
       {"%", "a%", "%4", "a%4", "%4g", "%g4", "%%20", "%-1", "%2", "%+1", "a%zz"})
    EXPECT_EQ(error_from("STAT "s + name), "bad name \""s + name + "\"");
  EXPECT_EQ(error_from("STAT % 1"), "bad name \"%\"");
}

TEST(LabName, RoundTripsAnyBytes) {
  std::mt19937_64 rng = seeded_chance();
  for (int i = 0; i < 1000; ++i) {
    const std::string name = noise(rng, 1 + below(rng, 300));
    const Request request{.name = name, .offset = rng() >> 1, .tag = i % 2 ? "a-b-c" : ""};
    const Request back = parse_request(emitted(request));
    ASSERT_EQ(back.name, name);
    ASSERT_EQ(back.offset, request.offset);
    ASSERT_EQ(back.tag, request.tag);
    const FileReply found{.size = request.offset, .offset = 0, .tag = "t", .name = name};
    ASSERT_EQ(file_reply_in(emitted(found)).name, name);
  }
}

TEST(LabName, LongestPathFitsIntoALine) {
  const std::string longest(4095, '\xff');
  EXPECT_LE(
      emitted(Request{.name = longest, .offset = max_offset, .tag = std::string(max_tag, 't')})
          .size(),
      max_line);
}

TEST(LabReply, ParsesAndEmitsOk) {
  const FileReply found = file_reply_in("OK 13 7 a-b-c notes.txt");
  EXPECT_EQ(found.size, 13u);
  EXPECT_EQ(found.offset, 7u);
  EXPECT_EQ(found.tag, "a-b-c");
  EXPECT_EQ(found.name, "notes.txt");
  EXPECT_EQ(emit(found), "OK 13 7 a-b-c notes.txt\n");
}

TEST(LabReply, IgnoresWordsOfLaterVersions) {
  EXPECT_EQ(file_reply_in("OK 13 13 a-b-c notes.txt 1 x hash=1 more").name, "notes.txt");
}

TEST(LabReply, RejectsMissingOrInvalidFields) {
  const std::pair<const char*, const char*> malformed[] = {
      {"OK", "bad size \"\""},
      {"OK 13", "bad offset \"\""},
      {"OK 13 7", "missing tag"},
      {"OK 13 7 a-b-c", "missing name"},
      {"OK 13 7 a-b-c ", "missing name"},
      {"OK  7 a n", "bad size \"\""},
      {"OK x 7 a n", "bad size \"x\""},
      {"OK 13 x a n", "bad offset \"x\""},
      {"OK -1 0 a n", "bad size \"-1\""},
      {"OK 13 7 a %zz", "bad name \"%zz\""},
  };
  for (const auto& [line, error] : malformed) EXPECT_EQ(reply_error_from(line), error) << line;
}

// Grammar: a tag has 1 to 64 characters. Without a tag, a client could not detect that the file has
// changed.
TEST(LabReply, RequiresATag) {
  EXPECT_EQ(reply_error_from("OK 13 7  notes.txt"), "missing tag");
  EXPECT_EQ(reply_error_from("OK 13 7 " + std::string(max_tag + 1, 't') + " n"),
            "bad tag \"ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt\"");
  EXPECT_EQ(reply_error_from("OK 13 7 " + std::string(max_tag, 't') + " n"), "");
}

TEST(LabReply, RejectsNumbersBeyond63Bits) {
  EXPECT_EQ(file_reply_in("OK 9223372036854775807 9223372036854775807 t n").size, max_offset);
  EXPECT_EQ(reply_error_from("OK 9223372036854775808 0 t n"), "bad size \"9223372036854775808\"");
  EXPECT_EQ(reply_error_from("OK 12345678901234567890 0 t n"), "bad size \"12345678901234567890\"");
}

TEST(LabReply, RejectsAnOffsetBeyondTheSize) {
  EXPECT_EQ(reply_error_from("OK 13 14 t n"), "offset 14 is beyond the size, 13 bytes");
}

TEST(LabReply, ParsesAndEmitsError) {
  const ErrorReply error = error_reply_in("ERROR no-such-file a b: No such file or directory");
  EXPECT_EQ(error.code, no_such_file);
  EXPECT_EQ(error.text, "a b: No such file or directory");
  EXPECT_EQ(emit(error), "ERROR no-such-file a b: No such file or directory\n");
}

TEST(LabReply, AcceptsUnknownErrorCodes) {
  EXPECT_EQ(error_reply_in("ERROR out-of-tea come back at five").code, "out-of-tea");
  EXPECT_EQ(error_reply_in("ERROR failed").text, "");
}

TEST(LabReply, QuotesAnInvalidReply) {
  EXPECT_EQ(reply_error_from("HTTP/1.1 400 Bad Request\r"),
            R"(malformed reply: "HTTP/1.1 400 Bad Request\r")");
  EXPECT_EQ(reply_error_from(""), "malformed reply: \"\"");
  EXPECT_LT(reply_error_from(std::string(10'000, 'x')).size(), 300u);
}

TEST(LabCodec, SurvivesRandomBytes) {
  std::mt19937_64 rng = seeded_chance();
  const std::vector<std::string> starts = {"", "GET ", "STAT ", "OK ", "ERROR ", "GET %", "OK 1 "};
  for (int i = 0; i < 5000; ++i) {
    const std::string line = starts[below(rng, starts.size())] + noise(rng, below(rng, 80));
    thrown_by<ProtocolError>([&] { parse_request(line); });
    thrown_by<ProtocolError>([&] { parse_reply(line); });
  }
}

TEST(Decimal, AcceptsOnlyDigits) {
  EXPECT_EQ(parse_decimal("0"), 0u);
  EXPECT_EQ(parse_decimal("007"), 7u);
  EXPECT_EQ(parse_decimal("9223372036854775807"), max_offset);
  for (const char* text : {"", "-1", "-0", "+1", " 1", "1 ", "1x", "0x1", "1.0", "1,0", "\xd9\xa1",
                           "9223372036854775808", "18446744073709551615", "18446744073709551616",
                           "99999999999999999999999999"})
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
}

}  // namespace
}  // namespace netlab::lab
