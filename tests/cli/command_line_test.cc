#include "cli/command_line.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "support/captured.h"

namespace netlab {
namespace {

using Words = std::vector<std::string>;

struct Answer {
  bool runs;
  std::string name;
  ExitStatus status;
  std::string out;
  std::string errors;
};

Answer parsed(const Words& words) {
  CommandLine command_line;
  Captured out(STDOUT_FILENO);
  Captured errors(STDERR_FILENO);
  const CommandLine::Parsed parsed = command_line.parse(words);
  return {parsed.action != nullptr, parsed.name, parsed.status, out.text(), errors.text()};
}

// The one line with which a wrong command line is answered.
std::string complaint(const Words& words) {
  const Answer answer = parsed(words);
  EXPECT_FALSE(answer.runs);
  EXPECT_EQ(answer.status, ExitStatus::usage);
  EXPECT_EQ(answer.out, "");
  EXPECT_EQ(std::ranges::count(answer.errors, '\n'), 1) << answer.errors;
  return answer.errors.substr(0, answer.errors.find('\n'));
}

TEST(CommandLine, FindsTheSubcommand) {
  for (const Command& command : commands()) {
    const std::string name(command.name);
    const std::size_t space = name.find(' ');
    const Words words = space == std::string::npos
                            ? Words{name}
                            : Words{name.substr(0, space), name.substr(space + 1)};
    const Answer answer = parsed(words);
    EXPECT_TRUE(answer.runs) << name;
    EXPECT_EQ(answer.name, name);
    EXPECT_EQ(answer.status, ExitStatus::done);
    EXPECT_EQ(answer.out + answer.errors, "");
  }
}

TEST(CommandLine, TakesOptionsInEitherForm) {
  EXPECT_TRUE(parsed({"tcp", "serve", "-p", "0", "--reply=hi", "--once"}).runs);
  EXPECT_TRUE(parsed({"tcp", "serve", "--port=65535", "--reply", "", "--fork"}).runs);
  EXPECT_TRUE(parsed({"ftp", "get", "localhost:5001", "notes.txt", "-o", "-"}).runs);
  EXPECT_TRUE(parsed({"ftp", "get", "-ox", "--offset", "9223372036854775807"}).runs);
  EXPECT_TRUE(parsed({"tcp", "send", "localhost", "--", "--not-an-option"}).runs);
  EXPECT_TRUE(parsed({"tcp", "serve", "--grace", "0.5", "--idle-timeout", "1e3"}).runs);
}

TEST(CommandLine, SetsWhatEveryCommandHas) {
  CommandLine command_line;
  const auto parsed = command_line.parse({"demo", "--json", "-qv", "--trace", "--color", "never"});
  EXPECT_TRUE(parsed.output.json);
  EXPECT_TRUE(parsed.output.quiet);
  EXPECT_TRUE(parsed.output.verbose);
  EXPECT_TRUE(parsed.output.trace);
  EXPECT_EQ(parsed.output.color, "never");
}

TEST(CommandLine, TakesWhatEveryCommandHasBeforeItsWordsToo) {
  CommandLine command_line;
  const auto parsed = command_line.parse({"--json", "tcp", "--color", "never", "send", "-q"});
  EXPECT_EQ(parsed.name, "tcp send");
  EXPECT_TRUE(parsed.output.json);
  EXPECT_TRUE(parsed.output.quiet);
  EXPECT_FALSE(parsed.output.trace);
  EXPECT_EQ(parsed.output.color, "never");
}

TEST(CommandLine, TellsWhatIsWrongAsItIsAskedTo) {
  const Answer answer = parsed({"tcp", "serve", "--json", "--bogus", "--color=always"});
  EXPECT_EQ(answer.out,
            "{\"event\":\"error\",\"command\":\"tcp serve\",\"message\":\"unknown option "
            "'--bogus'\"}\n");
  EXPECT_TRUE(answer.errors.starts_with("\033[1;31mnetlab tcp serve:")) << answer.errors;
  EXPECT_NE(complaint({"tcp", "serve", "--bogus", "--color", "never", "--", "--json"}), "");
}

TEST(CommandLine, IsPlainWhenNothingIsSaid) {
  CommandLine command_line;
  const auto parsed = command_line.parse({"demo"});
  EXPECT_FALSE(parsed.output.json || parsed.output.quiet || parsed.output.verbose ||
               parsed.output.trace);
  EXPECT_EQ(parsed.output.color, "auto");
}

TEST(CommandLine, SuggestsWhatAMisspeltWordWasMeantToBe) {
  EXPECT_EQ(complaint({"tcp", "srve"}),
            "netlab tcp: unknown command 'srve'. Did you mean 'serve'?");
  EXPECT_EQ(complaint({"ftpp"}), "netlab: unknown command 'ftpp'. Did you mean 'ftp'?");
  EXPECT_EQ(complaint({"ftp", "get", "--ofset", "3"}),
            "netlab ftp get: unknown option '--ofset'. Did you mean '--offset'?");
  EXPECT_EQ(complaint({"tcp", "serve", "--prot=1"}),
            "netlab tcp serve: unknown option '--prot'. Did you mean '--port'?");
}

TEST(CommandLine, SuggestsNothingWhereNothingIsNear) {
  EXPECT_EQ(complaint({"xyzzy"}), "netlab: unknown command 'xyzzy'");
  EXPECT_EQ(complaint({"demo", "--xyzzy"}), "netlab demo: unknown option '--xyzzy'");
  EXPECT_EQ(complaint({"demo", "x"}), "netlab demo: unexpected argument 'x'");
}

TEST(CommandLine, WantsASubcommand) {
  EXPECT_EQ(complaint({"tcp"}), "netlab tcp: a command is missing: send, serve");
  EXPECT_TRUE(complaint({"-q"}).starts_with("netlab: a command is missing: completion, demo, "));
  EXPECT_EQ(complaint({"--port", "5", "tcp", "serve"}),
            "netlab tcp serve: '--port' belongs behind 'tcp serve'");
}

TEST(CommandLine, ShowsHelpOnStandardErrorWhenNothingIsSaid) {
  const Answer answer = parsed({});
  EXPECT_FALSE(answer.runs);
  EXPECT_EQ(answer.status, ExitStatus::usage);
  EXPECT_EQ(answer.out, "");
  EXPECT_NE(answer.errors.find("Subcommands:"), std::string::npos);
}

TEST(CommandLine, LetsOnlyOneOfExclusiveOptionsBeGiven) {
  EXPECT_EQ(complaint({"ftp", "get", "--resume", "--restart"}),
            "netlab ftp get: --resume excludes --restart");
  EXPECT_NE(complaint({"ftp", "get", "--offset", "1", "--resume"}), "");
  EXPECT_NE(complaint({"ftp", "get", "--offset", "1", "--restart"}), "");
  EXPECT_NE(complaint({"tcp", "serve", "--reply", "x", "--echo"}), "");
  EXPECT_NE(complaint({"tcp", "serve", "--fork", "--epoll"}), "");
  EXPECT_NE(complaint({"ftp", "serve", "--uring", "--iterative"}), "");
  EXPECT_NE(complaint({"ftp", "serve", "--model", "fork", "--fork"}), "");
}

TEST(CommandLine, RefusesValuesThatAreNoNumbers) {
  EXPECT_EQ(complaint({"tcp", "serve", "-p", "65536"}),
            "netlab tcp serve: --port: '65536' is not a whole number from 0 to 65535");
  for (const char* value : {"-1", "+1", "0x10", "1.5", "x", "1 ", "99999999999999999999"})
    EXPECT_NE(complaint({"tcp", "serve", "-p", value}), "") << value;
  EXPECT_NE(complaint({"ftp", "get", "--offset", "9223372036854775808"}), "");
  EXPECT_NE(complaint({"ftp", "get", "--offset", "-1"}), "");
}

TEST(CommandLine, RefusesValuesThatAreNoSeconds) {
  EXPECT_EQ(complaint({"tcp", "serve", "--grace", "1x"}),
            "netlab tcp serve: --grace: '1x' is not a number of seconds");
  for (const char* value : {"-1", "x", "nan", "inf", "1e10"})
    EXPECT_NE(complaint({"tcp", "serve", "--grace", value}), "") << value;
}

TEST(CommandLine, RefusesValuesThatAreNoChoice) {
  EXPECT_EQ(complaint({"tcp", "serve", "--model", "spoon"}),
            "netlab tcp serve: --model: spoon not in {iterative,fork,threads,epoll,uring}");
  EXPECT_NE(complaint({"ftp", "get", "--wire", "std"}), "");
  EXPECT_NE(complaint({"demo", "--color", "sometimes"}), "");
}

TEST(CommandLine, WantsTheValueOfAnOption) {
  EXPECT_NE(complaint({"tcp", "serve", "--reply"}), "");
  EXPECT_NE(complaint({"ftp", "get", "-o"}), "");
}

TEST(CommandLine, ShowsItsVersion) {
  const Answer answer = parsed({"--version"});
  EXPECT_EQ(answer.out, "netlab " NETLAB_VERSION "\n");
  EXPECT_FALSE(answer.runs);
  EXPECT_EQ(answer.status, ExitStatus::done);
}

TEST(CommandLine, ShowsHelpWithAnExampleOnEveryLevel) {
  for (const Words& words : {Words{"--help"}, {"tcp", "--help"}, {"tcp", "serve", "-h"}}) {
    const Answer answer = parsed(words);
    EXPECT_EQ(answer.status, ExitStatus::done);
    EXPECT_FALSE(answer.runs);
    EXPECT_EQ(answer.errors, "");
    EXPECT_NE(answer.out.find("Example: netlab "), std::string::npos) << answer.out;
  }
}

TEST(CommandLine, ShowsDefaultsInItsHelp) {
  const std::string serve = parsed({"tcp", "serve", "--help"}).out;
  for (const char* line : {"--port N (12345)", "--max-clients N (256)", "--max-per-host N (32)",
                           "--idle-timeout S (300)", "--stall-timeout S (60)", "--grace S (5)"})
    EXPECT_NE(serve.find(line), std::string::npos) << line;
  const std::string get = parsed({"ftp", "get", "--help"}).out;
  for (const char* line : {"--timeout S (10)", "--retry N (0)", "--wire {lab,sheet} (lab)"})
    EXPECT_NE(get.find(line), std::string::npos) << line;
  EXPECT_NE(parsed({"ftp", "serve", "--help"}).out.find("--port N (5001)"), std::string::npos);
}

}  // namespace
}  // namespace netlab
