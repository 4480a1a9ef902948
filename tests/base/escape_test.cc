#include "base/escape.h"

#include <gtest/gtest.h>

#include "support/seed.h"

namespace netlab {
namespace {

using namespace std::string_view_literals;

TEST(Escape, KeepsPrintableText) {
  EXPECT_EQ(escaped("hello, \"world\" 'n' 100%!"), "hello, \"world\" 'n' 100%!");
  EXPECT_EQ(escaped(""), "");
}

TEST(Escape, KeepsUtf8) {
  for (const char* text : {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc2\xa0",
                           "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbd"})
    EXPECT_EQ(escaped(text), text);
}

TEST(Escape, GivesTheSameResultInPieces) {
  const std::string text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x82\x1b\xf0\x9f";
  for (std::size_t first = 0; first <= text.size(); ++first)
    for (std::size_t second = first; second <= text.size(); ++second) {
      Escaper escaper;
      std::string line = escaper.next(text.substr(0, first));
      line += escaper.next(text.substr(first, second - first));
      line += escaper.next(text.substr(second));
      EXPECT_EQ(line + escaper.rest(), escaped(text)) << first << " " << second;
    }
}

TEST(Escape, EscapesControlCharacters) {
  EXPECT_EQ(escaped("a\nb\rc\td\\e"), "a\\nb\\rc\\td\\\\e");
  EXPECT_EQ(escaped("\x1b[2J\x07\x7f\0"sv), "\\x1b[2J\\x07\\x7f\\x00");
}

TEST(Escape, KeepsNewlinesAndTabsInLineMode) {
  Escaper lines = Escaper::of_lines();
  EXPECT_EQ(lines.next("a\tb\r\n\x1b\\c\n"), "a\tb\\r\n\\x1b\\\\c\n");
}

TEST(Escape, EscapesC1ControlCharacters) {
  EXPECT_EQ(escaped("\xc2\x80"), "\\xc2\\x80");
  EXPECT_EQ(escaped("\xc2\x9b\x32J"), "\\xc2\\x9b2J");  // CSI in eight bits
  EXPECT_EQ(escaped("\xc2\x9f"), "\\xc2\\x9f");
}

// After U+202E (right-to-left override), a terminal shows "gpj.exe" as "exe.jpg".
TEST(Escape, EscapesBidirectionalControls) {
  for (const char* first : {"\u202a", "\u202e", "\u2066", "\u2069"})
    EXPECT_TRUE(escaped(first).starts_with("\\xe2\\x8")) << first;
  for (const char* neighbour : {"\u2029", "\u202f", "\u2065", "\u206a"})
    EXPECT_EQ(escaped(neighbour), neighbour);
}

TEST(Escape, EscapesInvalidUtf8) {
  EXPECT_EQ(escaped("\xff"), "\\xff");
  EXPECT_EQ(escaped("\x80"), "\\x80");
  EXPECT_EQ(escaped("\x9b\x32J"), "\\x9b2J");
  EXPECT_EQ(escaped("a\xc3z"), "a\\xc3z");
  EXPECT_EQ(escaped("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80");
}

TEST(Escape, EscapesOverlongUtf8) {
  EXPECT_EQ(escaped("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(escaped("\xc1\xbf"), "\\xc1\\xbf");
  EXPECT_EQ(escaped("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf");
  EXPECT_EQ(escaped("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf");
}

TEST(Escape, EscapesSurrogatesAndCodePointsBeyondUnicode) {
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(escaped("\xed\xbf\xbf"), "\\xed\\xbf\\xbf");
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Escape, EscapesTruncatedSequences) {
  EXPECT_EQ(escaped("x\xe2\x82"), "x\\xe2\\x82");
  EXPECT_EQ(escaped("\xf0\x9f\x98"), "\\xf0\\x9f\\x98");
}

TEST(Escape, NeverLeavesControlCharactersInRandomBytes) {
  std::mt19937_64 rng = seeded_chance();
  for (int i = 0; i < 1000; ++i) {
    const std::string line = escaped(noise(rng, below(rng, 100)));
    for (const char byte : line) {
      ASSERT_GE(static_cast<unsigned char>(byte), 0x20);
      ASSERT_NE(byte, '\x7f');
    }
    ASSERT_EQ(line.find("\xc2\x9b"), std::string::npos);
  }
}

TEST(EscapedStart, TruncatesLongTextWithAnEllipsis) {
  EXPECT_EQ(escaped_start("hello", 5), "hello");
  EXPECT_EQ(escaped_start("hello!", 5), "hello...");
  EXPECT_EQ(escaped_start(std::string(200, 'x')), std::string(200, 'x'));
  EXPECT_EQ(escaped_start(std::string(201, 'x')), std::string(200, 'x').append("..."));
}

}  // namespace
}  // namespace netlab
