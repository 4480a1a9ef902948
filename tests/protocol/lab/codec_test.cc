#include "protocol/lab/codec.h"

#include <gtest/gtest.h>

#include "base/decimal.h"
#include "support/seed.h"
#include "support/thrown.h"

namespace netlab::lab {
namespace {

using namespace std::string_literals;

std::string complaint(std::string_view request) {
  return thrown_by<ProtocolError>([&] { parse_request(request); });
}
std::string reply_complaint(std::string_view reply) {
  return thrown_by<ProtocolError>([&] { parse_reply(reply); });
}
FileReply found_in(std::string_view line) {
  return std::get<FileReply>(parse_reply(line));
}
ErrorReply refusal_in(std::string_view line) {
  return std::get<ErrorReply>(parse_reply(line));
}
// Without its LF.
template <typename Value>
std::string emitted(const Value& value) {
  std::string line = emit(value);
  EXPECT_TRUE(line.ends_with('\n'));
  line.pop_back();
  EXPECT_EQ(line.find('\n'), std::string::npos);
  return line;
}

TEST(LabRequest, AsksForAFileFromAnOffset) {
  const Request request = parse_request("GET notes.txt 7");
  EXPECT_EQ(request.method, Request::Method::get);
  EXPECT_EQ(request.name, "notes.txt");
  EXPECT_EQ(request.offset, 7u);
  EXPECT_EQ(request.tag, "");
}

TEST(LabRequest, MayNameTheStateThatTheFileMustBeIn) {
  EXPECT_EQ(parse_request("GET notes.txt 7 a-b-c").tag, "a-b-c");
}

TEST(LabRequest, OffersAFileInSomeState) {
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

TEST(LabRequest, AsksWhatAFileIs) {
  const Request request = parse_request("STAT sub/notes.txt");
  EXPECT_EQ(request.method, Request::Method::stat);
  EXPECT_EQ(request.name, "sub/notes.txt");
}

TEST(LabRequest, NamesTheDefaultByAStar) {
  EXPECT_EQ(parse_request("GET * 0").name, "");
  EXPECT_EQ(parse_request("STAT *").name, "");
  EXPECT_EQ(parse_request("STAT %2A").name, "*");
  EXPECT_EQ(parse_request("STAT **").name, "**");
}

TEST(LabRequest, IgnoresWordsOfLaterVersions) {
  EXPECT_EQ(parse_request("GET notes.txt 7 a-b-c hash=1 more").tag, "a-b-c");
  EXPECT_EQ(parse_request("STAT notes.txt more words").name, "notes.txt");
}

TEST(LabRequest, HasAKnownCommand) {
  EXPECT_EQ(complaint("APPEND notes.txt"), "unknown command \"APPEND\"");
  EXPECT_EQ(complaint(""), "unknown command \"\"");
  EXPECT_EQ(complaint("get notes.txt 0"), "unknown command \"get\"");
  EXPECT_EQ(complaint("GET\tnotes.txt 0"), "unknown command \"GET\\tnotes.txt\"");
  EXPECT_EQ(complaint(" GET notes.txt 0"), "unknown command \"\"");
}

TEST(LabRequest, HasAName) {
  EXPECT_EQ(complaint("GET"), "a name is missing");
  EXPECT_EQ(complaint("GET "), "a name is missing");
  EXPECT_EQ(complaint("GET  0"), "a name is missing");
  EXPECT_EQ(complaint("STAT"), "a name is missing");
}

TEST(LabRequest, HasAnOffsetThatFitsAFile) {
  EXPECT_EQ(parse_request("GET x 9223372036854775807").offset, max_offset);
  EXPECT_EQ(complaint("GET x 9223372036854775808"), "bad offset \"9223372036854775808\"");
  EXPECT_EQ(complaint("GET x 18446744073709551616"), "bad offset \"18446744073709551616\"");
  EXPECT_EQ(complaint("GET x 12345678901234567890"), "bad offset \"12345678901234567890\"");
  EXPECT_EQ(complaint("GET x"), "bad offset \"\"");
  EXPECT_EQ(complaint("GET x  7"), "bad offset \"\"");
  for (const char* offset : {"-1", "+1", "0x10", "1x", "1\r", "1.0"})
    EXPECT_NE(complaint("GET x "s + offset), "") << offset;
}

TEST(LabRequest, HasATagOfSixtyFourCharactersAtMost) {
  const std::string most(max_tag, 't');
  EXPECT_EQ(parse_request("GET x 0 " + most).tag, most);
  EXPECT_NE(complaint("GET x 0 " + most + "t"), "");
}

TEST(LabRequest, HasATagThatIsPrintable) {
  EXPECT_NE(complaint("GET x 0 a\x7f"), "");
  EXPECT_NE(complaint("GET x 0 a\x01"), "");
  EXPECT_NE(complaint("GET x 0 \xc3\xa4"), "");
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

TEST(LabName, IsRefusedWithBadHexDigits) {
  for (const char* name : {"%", "a%", "%4", "a%4", "%4g", "%g4", "%%20", "%-1", "% 1", "%2", "%+1"})
    EXPECT_NE(complaint("STAT "s + name), "") << name;
  EXPECT_EQ(complaint("STAT a%zz"), "bad name \"a%zz\"");
}

TEST(LabName, OfAnyBytesComesBackAsItWas) {
  std::mt19937_64 chance = seeded_chance();
  for (int i = 0; i < 1000; ++i) {
    const std::string name = noise(chance, 1 + below(chance, 300));
    const Request request{.name = name, .offset = chance() >> 1, .tag = i % 2 ? "a-b-c" : ""};
    const Request back = parse_request(emitted(request));
    ASSERT_EQ(back.name, name);
    ASSERT_EQ(back.offset, request.offset);
    ASSERT_EQ(back.tag, request.tag);
    const FileReply found{.size = request.offset, .offset = 0, .tag = "t", .name = name};
    ASSERT_EQ(found_in(emitted(found)).name, name);
  }
}

TEST(LabName, OfTheSystemsLongestPathFitsIntoALine) {
  const std::string longest(4095, '\xff');
  EXPECT_LE(
      emitted(Request{.name = longest, .offset = max_offset, .tag = std::string(max_tag, 't')})
          .size(),
      max_line);
}

TEST(LabReply, TellsWhatWasFound) {
  const FileReply found = found_in("OK 13 7 a-b-c notes.txt");
  EXPECT_EQ(found.size, 13u);
  EXPECT_EQ(found.offset, 7u);
  EXPECT_EQ(found.tag, "a-b-c");
  EXPECT_EQ(found.name, "notes.txt");
  EXPECT_EQ(emit(found), "OK 13 7 a-b-c notes.txt\n");
}

TEST(LabReply, IgnoresWordsOfLaterVersions) {
  EXPECT_EQ(found_in("OK 13 13 a-b-c notes.txt 1 x hash=1 more").name, "notes.txt");
}

TEST(LabReply, IsRefusedWithoutItsWords) {
  for (const char* line : {"OK", "OK 13", "OK 13 7", "OK 13 7 a-b-c", "OK 13 7 a-b-c ", "OK  7 a n",
                           "OK x 7 a n", "OK 13 x a n", "OK -1 0 a n", "OK 13 7 a %zz"})
    EXPECT_NE(reply_complaint(line), "") << line;
}

// Grammar: a tag has 1 to 64 characters. Without one a client could not tell whether the file is
// still the same.
TEST(LabReply, HasATag) {
  EXPECT_NE(reply_complaint("OK 13 7  notes.txt"), "");
  EXPECT_NE(reply_complaint("OK 13 7 " + std::string(max_tag + 1, 't') + " n"), "");
  EXPECT_EQ(reply_complaint("OK 13 7 " + std::string(max_tag, 't') + " n"), "");
}

TEST(LabReply, HasNumbersThatFitAFile) {
  EXPECT_EQ(found_in("OK 9223372036854775807 9223372036854775807 t n").size, max_offset);
  EXPECT_NE(reply_complaint("OK 9223372036854775808 0 t n"), "");
  EXPECT_NE(reply_complaint("OK 12345678901234567890 0 t n"), "");
}

TEST(LabReply, HasNoOffsetBeyondItsSize) {
  EXPECT_EQ(reply_complaint("OK 13 14 t n"), "an offset beyond the size");
}

TEST(LabReply, TellsARefusal) {
  const ErrorReply refusal = refusal_in("ERROR no-such-file a b: No such file or directory");
  EXPECT_EQ(refusal.code, no_such_file);
  EXPECT_EQ(refusal.text, "a b: No such file or directory");
  EXPECT_EQ(emit(refusal), "ERROR no-such-file a b: No such file or directory\n");
}

TEST(LabReply, TellsARefusalOfACodeThatNobodyKnows) {
  EXPECT_EQ(refusal_in("ERROR out-of-tea come back at five").code, "out-of-tea");
  EXPECT_EQ(refusal_in("ERROR failed").text, "");
}

TEST(LabReply, IsQuotedWhenItIsNone) {
  EXPECT_EQ(reply_complaint("HTTP/1.1 400 Bad Request\r"),
            R"(not an answer: "HTTP/1.1 400 Bad Request\r")");
  EXPECT_EQ(reply_complaint(""), "not an answer: \"\"");
  EXPECT_LT(reply_complaint(std::string(10'000, 'x')).size(), 300u);
}

TEST(LabCodec, SurvivesNoise) {
  std::mt19937_64 chance = seeded_chance();
  const std::vector<std::string> starts = {"", "GET ", "STAT ", "OK ", "ERROR ", "GET %", "OK 1 "};
  for (int i = 0; i < 5000; ++i) {
    const std::string line =
        starts[below(chance, starts.size())] + noise(chance, below(chance, 80));
    thrown_by<ProtocolError>([&] { parse_request(line); });
    thrown_by<ProtocolError>([&] { parse_reply(line); });
  }
}

TEST(Decimal, IsDigitsAndNothingElse) {
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
