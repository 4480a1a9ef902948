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

TEST(Output, PrintsALine) {
  const Output output;
  EXPECT_EQ(shown([&] { output.event(event); }).out, "received 5 bytes\n");
}

TEST(Output, PrintsAnObjectWithJson) {
  Output output;
  output.json = true;
  EXPECT_EQ(shown([&] { output.event(event); }).out,
            R"({"event":"received","client":"127.0.0.1:1","bytes":5,"seconds":0.5,"same":true})"
            "\n");
}

TEST(Output, JsonIsValidUtf8ForAnyBytes) {
  Output output;
  output.json = true;
  const Event noise{"received", "", {{"text", std::string("a\xff\x1b\n\"b")}}};
  EXPECT_EQ(shown([&] { output.event(noise); }).out,
            "{\"event\":\"received\",\"text\":\"a\xef\xbf\xbd\\u001b\\n\\\"b\"}\n");
}

TEST(Output, JsonEscapesTerminalControls) {
  Output output;
  output.json = true;
  const Event hostile{"received", "", {{"text", std::string("\x7f\u009b2J\u202e\u2066 \u00e9")}}};
  EXPECT_EQ(shown([&] { output.event(hostile); }).out,
            "{\"event\":\"received\",\"text\":\"\\u007f\\u009b2J\\u202e\\u2066 \u00e9\"}\n");
}

TEST(Output, QuietPrintsOnlyRequiredEvents) {
  Output output;
  output.quiet = true;
  EXPECT_EQ(shown([&] { output.event(event); }).out, "");
  EXPECT_EQ(shown([&] { output.always(event); }).out, "received 5 bytes\n");
  EXPECT_EQ(shown([&] { output.note("by the way"); }).errors, "");
  EXPECT_FALSE(output.sink());
}

// A hostile file name may contain terminal escapes, or a newline that forges a second log line.
TEST(Output, EscapesControlBytesInMessages) {
  const std::string raw = "open a\x1b[2J\nb\x9b\\x1b: No such file";
  const std::string expected = "open a\\x1b[2J\\nb\\x9b\\x1b: No such file\n";
  Output output;
  output.color = "never";
  EXPECT_EQ(shown([&] { output.note(raw); }).errors, expected);
  EXPECT_EQ(shown([&] { output.fail("ftp get", raw); }).errors, "netlab ftp get: " + expected);
  EXPECT_EQ(shown([&] { output.sink()({"failed", raw, {}}); }).out, expected);
}

TEST(Output, SinkPrintsServerEvents) {
  const Output output;
  EXPECT_EQ(shown([&] { output.sink()(event); }).out, "received 5 bytes\n");
}

TEST(Output, PrintsAFailureAsOneLineOnStandardError) {
  Output output;
  output.color = "never";
  const Shown failed = shown([&] { output.fail("ftp get", "connect: Connection refused"); });
  EXPECT_EQ(failed.errors, "netlab ftp get: connect: Connection refused\n");
  EXPECT_EQ(failed.out, "");
}

TEST(Output, PrintsAFailureAsAnEventWithJson) {
  Output output;
  output.json = true;
  output.color = "never";
  EXPECT_EQ(shown([&] { output.fail("ftp get", "why"); }).out,
            R"({"event":"error","command":"ftp get","message":"why"})"
            "\n");
}

TEST(Output, ColorsFailuresOnRequest) {
  Output output;
  output.color = "always";
  EXPECT_EQ(shown([&] { output.fail("", "why"); }).errors, "\033[1;31mnetlab:\033[0m why\n");
}

TEST(Output, DoesNotEscapeRawResults) {
  const Output output;
  EXPECT_EQ(shown([&] { RawResult().write("\x1b[2J"); }).out, "\x1b[2J");
}

TEST(Output, DetectsThatStandardErrorIsNoTerminal) {
  bool is_tty = true;
  shown([&] { is_tty = Output().stderr_is_tty(); });
  EXPECT_FALSE(is_tty);
}

}  // namespace
}  // namespace netlab
