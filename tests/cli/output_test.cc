#include "cli/output.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/captured.h"

namespace netlab {
namespace {

struct Shown {
  std::string out;
  std::string errors;
};

Shown shown(const std::function<void()>& job) {
  Captured out(STDOUT_FILENO);
  Captured errors(STDERR_FILENO);
  job();
  return {out.text(), errors.text()};
}

const Event event{"received",
                  "received 5 bytes",
                  {{"client", std::string("127.0.0.1:1")},
                   {"bytes", std::uint64_t{5}},
                   {"seconds", 0.5},
                   {"same", true}}};

TEST(Output, TellsALine) {
  const Output output;
  EXPECT_EQ(shown([&] { output.event(event); }).out, "received 5 bytes\n");
}

TEST(Output, TellsAnObjectWithJson) {
  Output output;
  output.json = true;
  EXPECT_EQ(shown([&] { output.event(event); }).out,
            R"({"event":"received","client":"127.0.0.1:1","bytes":5,"seconds":0.5,"same":true})"
            "\n");
}

TEST(Output, TellsJsonThatIsUtf8WhateverTheBytes) {
  Output output;
  output.json = true;
  const Event noise{"received", "", {{"text", std::string("a\xff\x1b\n\"b")}}};
  EXPECT_EQ(shown([&] { output.event(noise); }).out,
            "{\"event\":\"received\",\"text\":\"a\xef\xbf\xbd\\u001b\\n\\\"b\"}\n");
}

TEST(Output, TellsNothingInJsonThatATerminalObeys) {
  Output output;
  output.json = true;
  const Event hostile{"received", "", {{"text", std::string("\x7f\u009b2J\u202e\u2066 \u00e9")}}};
  EXPECT_EQ(shown([&] { output.event(hostile); }).out,
            "{\"event\":\"received\",\"text\":\"\\u007f\\u009b2J\\u202e\\u2066 \u00e9\"}\n");
}

TEST(Output, TellsOnlyTheIndispensableWhenQuiet) {
  Output output;
  output.quiet = true;
  EXPECT_EQ(shown([&] { output.event(event); }).out, "");
  EXPECT_EQ(shown([&] { output.always(event); }).out, "received 5 bytes\n");
  EXPECT_EQ(shown([&] { output.note("by the way"); }).errors, "");
  EXPECT_FALSE(output.sink());
}

// Whoever chose a name may have hoped for a terminal, or for a second line in a log.
TEST(Output, ShowsNoControlByteOfANameThatNobodyEscaped) {
  const std::string raw = "open a\x1b[2J\nb\x9b\\x1b: No such file";
  const std::string shown_so = "open a\\x1b[2J\\nb\\x9b\\x1b: No such file\n";
  Output output;
  output.color = "never";
  EXPECT_EQ(shown([&] { output.note(raw); }).errors, shown_so);
  EXPECT_EQ(shown([&] { output.fail("ftp get", raw); }).errors, "netlab ftp get: " + shown_so);
  EXPECT_EQ(shown([&] { output.sink()({"failed", raw, {}}); }).out, shown_so);
}

TEST(Output, TellsWhatServersTell) {
  const Output output;
  EXPECT_EQ(shown([&] { output.sink()(event); }).out, "received 5 bytes\n");
}

TEST(Output, FailsInOneLineOnStandardError) {
  Output output;
  output.color = "never";
  const Shown failed = shown([&] { output.fail("ftp get", "connect: Connection refused"); });
  EXPECT_EQ(failed.errors, "netlab ftp get: connect: Connection refused\n");
  EXPECT_EQ(failed.out, "");
}

TEST(Output, FailsAsAnEventWithJson) {
  Output output;
  output.json = true;
  output.color = "never";
  EXPECT_EQ(shown([&] { output.fail("ftp get", "why"); }).out,
            R"({"event":"error","command":"ftp get","message":"why"})"
            "\n");
}

TEST(Output, IsColoredWhenAskedFor) {
  Output output;
  output.color = "always";
  EXPECT_EQ(shown([&] { output.fail("", "why"); }).errors, "\033[1;31mnetlab:\033[0m why\n");
}

TEST(Output, GivesResultsAsTheyAre) {
  const Output output;
  EXPECT_EQ(shown([&] { RawResult().write("\x1b[2J"); }).out, "\x1b[2J");
}

TEST(Output, IsWatchedByNobodyButATerminal) {
  bool watched = true;
  shown([&] { watched = Output().stderr_is_tty(); });
  EXPECT_FALSE(watched);
}

}  // namespace
}  // namespace netlab
