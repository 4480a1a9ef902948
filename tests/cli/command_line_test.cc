#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <iomanip>
#include <sstream>

#include <algorithm>

#include "support/captured.h"

namespace netlab {
namespace {

using Words = std::vector<std::string>;

struct ParseResult {
  bool runs;
  std::string name;
  ExitStatus status;
  std::string out;
  std::string errors;
};

ParseResult parsed(const Words& words) {
  CommandLine command_line;
  Captured out(STDOUT_FILENO);
  Captured errors(STDERR_FILENO);
  const CommandLine::Parsed parsed = command_line.parse(words);
  return {parsed.action != nullptr, parsed.name, parsed.status, out.text(), errors.text()};
}

// Returns the one-line message that rejects a wrong command line.
std::string error_from(const Words& words) {
  const ParseResult result = parsed(words);
  EXPECT_FALSE(result.runs);
  EXPECT_EQ(result.status, ExitStatus::usage);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::ranges::count(result.errors, '\n'), 1) << result.errors;
  return result.errors.substr(0, result.errors.find('\n'));
}

TEST(CommandLine, FindsEverySubcommand) {
  for (const Command& command : commands()) {
    const std::string name(command.name);
    std::istringstream example{std::string(command.example.substr(command.example.find(' ')))};
    Words words;
    for (std::string word; example >> std::quoted(word);) words.push_back(word);
    const ParseResult result = parsed(words);
    EXPECT_TRUE(result.runs) << name;
    EXPECT_EQ(result.name, name);
    EXPECT_EQ(result.status, ExitStatus::done);
    EXPECT_EQ(result.out + result.errors, "");
  }
}

TEST(CommandLine, AcceptsOptionsInEitherForm) {
  EXPECT_TRUE(parsed({"tcp", "serve", "-p", "0", "--reply=hi", "--once"}).runs);
  EXPECT_TRUE(parsed({"tcp", "serve", "--port=65535", "--reply", "", "--fork"}).runs);
  EXPECT_TRUE(parsed({"ftp", "get", "localhost:5001", "notes.txt", "-o", "-"}).runs);
  EXPECT_TRUE(parsed({"ftp", "get", "-ox", "--offset", "9223372036854775807"}).runs);
  EXPECT_TRUE(parsed({"tcp", "send", "localhost", "--", "--not-an-option"}).runs);
  EXPECT_TRUE(parsed({"tcp", "serve", "--grace", "0.5", "--idle-timeout", "1e3"}).runs);
}

TEST(CommandLine, SetsCommonOptions) {
  CommandLine command_line;
  const auto parsed = command_line.parse({"demo", "--json", "-qv", "--trace", "--color", "never"});
  EXPECT_TRUE(parsed.output.json);
  EXPECT_TRUE(parsed.output.quiet);
  EXPECT_TRUE(parsed.output.verbose);
  EXPECT_TRUE(parsed.output.trace);
  EXPECT_EQ(parsed.output.color, "never");
}

TEST(CommandLine, AcceptsCommonOptionsBeforeTheSubcommand) {
  CommandLine command_line;
  const auto parsed = command_line.parse({"--json", "tcp", "--color", "never", "send", "-q"});
  EXPECT_EQ(parsed.name, "tcp send");
  EXPECT_TRUE(parsed.output.json);
  EXPECT_TRUE(parsed.output.quiet);
  EXPECT_FALSE(parsed.output.trace);
  EXPECT_EQ(parsed.output.color, "never");
}

TEST(CommandLine, ReportsUsageErrorsWithJsonAndColor) {
  const ParseResult result = parsed({"tcp", "serve", "--json", "--bogus", "--color=always"});
  EXPECT_EQ(result.out,
            "{\"event\":\"error\",\"command\":\"tcp serve\",\"message\":\"unknown option "
            "'--bogus'\"}\n");
  EXPECT_TRUE(result.errors.starts_with("\033[1;31mnetlab tcp serve:")) << result.errors;
  EXPECT_EQ(error_from({"tcp", "serve", "--bogus", "--color", "never", "--", "--json"}),
            "netlab tcp serve: unknown option '--bogus'");
}

TEST(CommandLine, CommonOptionsDefaultToOff) {
  CommandLine command_line;
  const auto parsed = command_line.parse({"demo"});
  EXPECT_FALSE(parsed.output.json || parsed.output.quiet || parsed.output.verbose ||
               parsed.output.trace);
  EXPECT_EQ(parsed.output.color, "auto");
}

TEST(CommandLine, SuggestsTheNearestCommandOrOption) {
  EXPECT_EQ(error_from({"tcp", "srve"}),
            "netlab tcp: unknown command 'srve'. Did you mean 'serve'?");
  EXPECT_EQ(error_from({"ftpp"}), "netlab: unknown command 'ftpp'. Did you mean 'ftp'?");
  EXPECT_EQ(error_from({"ftp", "get", "--ofset", "3"}),
            "netlab ftp get: unknown option '--ofset'. Did you mean '--offset'?");
  EXPECT_EQ(error_from({"tcp", "serve", "--prot=1"}),
            "netlab tcp serve: unknown option '--prot'. Did you mean '--port'?");
}

TEST(CommandLine, SuggestsNothingWhenNothingIsNear) {
  EXPECT_EQ(error_from({"xyzzy"}), "netlab: unknown command 'xyzzy'");
  EXPECT_EQ(error_from({"demo", "--xyzzy"}), "netlab demo: unknown option '--xyzzy'");
  EXPECT_EQ(error_from({"demo", "x"}), "netlab demo: unexpected argument 'x'");
}

TEST(CommandLine, RequiresASubcommand) {
  EXPECT_EQ(error_from({"tcp"}), "netlab tcp: missing command: one of send, serve");
  EXPECT_TRUE(error_from({"-q"}).starts_with("netlab: missing command: one of completion, demo, "));
  EXPECT_EQ(error_from({"--port", "5", "tcp", "serve"}),
            "netlab tcp serve: '--port' must follow 'tcp serve'");
}

TEST(CommandLine, ShowsHelpOnStandardErrorWithoutArguments) {
  const ParseResult result = parsed({});
  EXPECT_FALSE(result.runs);
  EXPECT_EQ(result.status, ExitStatus::usage);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.errors.find("Commands:"), std::string::npos);
}

TEST(CommandLine, RejectsMutuallyExclusiveOptions) {
  EXPECT_EQ(error_from({"ftp", "get", "--resume", "--restart"}),
            "netlab ftp get: --resume cannot be used with --restart");
  EXPECT_EQ(error_from({"ftp", "get", "--offset", "1", "--resume"}),
            "netlab ftp get: --offset cannot be used with --resume");
  EXPECT_EQ(error_from({"ftp", "get", "--offset", "1", "--restart"}),
            "netlab ftp get: --offset cannot be used with --restart");
  EXPECT_EQ(error_from({"tcp", "serve", "--reply", "x", "--echo"}),
            "netlab tcp serve: --reply cannot be used with --echo");
  EXPECT_EQ(error_from({"tcp", "serve", "--fork", "--epoll"}),
            "netlab tcp serve: --fork cannot be used with --epoll");
  EXPECT_EQ(error_from({"ftp", "serve", "--uring", "--iterative"}),
            "netlab ftp serve: --iterative cannot be used with --uring");
  EXPECT_EQ(error_from({"ftp", "serve", "--model", "fork", "--fork"}),
            "netlab ftp serve: --model cannot be used with --fork");
}

TEST(CommandLine, RejectsInvalidNumbers) {
  EXPECT_EQ(error_from({"tcp", "serve", "-p", "65536"}),
            "netlab tcp serve: --port: '65536' must be a whole number from 0 to 65535");
  for (const char* value : {"-1", "+1", "0x10", "1.5", "x", "1 ", "99999999999999999999"})
    EXPECT_EQ(error_from({"tcp", "serve", "-p", value}),
              "netlab tcp serve: --port: '" + std::string(value) +
                  "' must be a whole number from 0 to 65535");
  for (const char* value : {"9223372036854775808", "-1"})
    EXPECT_EQ(error_from({"ftp", "get", "--offset", value}),
              "netlab ftp get: --offset: '" + std::string(value) +
                  "' must be a whole number from 0 to 9223372036854775807");
}

// The limits hold over TCP and over UDP, because the parser checks them.
TEST(CommandLine, RejectsZeroWhereNothingWouldBeServed) {
  EXPECT_EQ(error_from({"tcp", "serve", "--max-clients", "0"}),
            "netlab tcp serve: --max-clients: '0' must be a whole number from 1 to 1000000");
  EXPECT_EQ(error_from({"guess", "serve", "--max-clients", "0"}),
            "netlab guess serve: --max-clients: '0' must be a whole number from 1 to 1000000");
  EXPECT_EQ(error_from({"guess", "serve", "--max-peers", "0"}),
            "netlab guess serve: --max-peers: '0' must be a whole number from 1 to 1000000");
  EXPECT_EQ(error_from({"guess", "serve", "--tries", "0"}),
            "netlab guess serve: --tries: '0' must be a whole number from 1 to 1000");
  EXPECT_EQ(error_from({"impair", "udp", "1", "2", "--max-clients", "0"}),
            "netlab impair udp: --max-clients: '0' must be a whole number from 1 to 1000000");
  EXPECT_EQ(error_from({"ftp", "get", "--streams", "0"}),
            "netlab ftp get: --streams: '0' must be a whole number from 1 to 64");
  EXPECT_EQ(error_from({"ftp", "get", "--udp", "--window", "0"}),
            "netlab ftp get: --window: '0' must be a whole number from 1 to 1000000");
  EXPECT_EQ(error_from({"sweep", "arq", "--packets", "0"}),
            "netlab sweep arq: --packets: '0' must be a whole number from 1 to 1000000");
}

TEST(CommandLine, RejectsInvalidSeconds) {
  for (const char* value : {"1x", "", "-1", "x", "nan", "inf", "1e10"})
    EXPECT_EQ(error_from({"tcp", "serve", "--grace", value}),
              "netlab tcp serve: --grace: '" + std::string(value) +
                  "' must be a number of seconds from 0 to 1000000000");
}

TEST(CommandLine, RejectsInvalidRates) {
  for (const char* value : {"0", "x", "1.5M", "-1"})
    EXPECT_EQ(error_from({"ftp", "get", "--limit-rate", value}),
              "netlab ftp get: --limit-rate: '" + std::string(value) +
                  "' must be a number of bytes per second, at least 1, e.g. 500K or 5M");
}

TEST(CommandLine, RejectsInvalidChoices) {
  EXPECT_EQ(error_from({"tcp", "serve", "--model", "spoon"}),
            "netlab tcp serve: --model: 'spoon' must be one of iterative, fork, threads, epoll, "
            "uring");
  EXPECT_EQ(error_from({"ftp", "get", "--wire", "std"}),
            "netlab ftp get: --wire: 'std' must be one of lab, sheet");
  EXPECT_EQ(error_from({"demo", "--color", "sometimes"}),
            "netlab demo: --color: 'sometimes' must be one of auto, always, never");
  EXPECT_EQ(error_from({"--color", "demo"}),
            "netlab: --color: 'demo' must be one of auto, always, never");
}

TEST(CommandLine, AcceptsOnlyTrueAndFalseAsTheValueOfAFlag) {
  EXPECT_TRUE(parsed({"tcp", "serve", "--echo=true"}).runs);
  EXPECT_TRUE(parsed({"tcp", "serve", "--echo=false"}).runs);
  EXPECT_EQ(error_from({"tcp", "serve", "--echo=maybe"}),
            "netlab tcp serve: --echo: 'maybe' must be true or false");
  EXPECT_EQ(error_from({"--quiet=x"}), "netlab: --quiet: 'x' must be true or false");
}

TEST(CommandLine, RequiresTheValueOfAnOption) {
  EXPECT_EQ(error_from({"tcp", "serve", "--reply"}),
            "netlab tcp serve: --reply requires a value: TEXT");
  EXPECT_EQ(error_from({"tcp", "serve", "--port="}),
            "netlab tcp serve: --port requires a value: N");
  EXPECT_EQ(error_from({"ftp", "get", "-o"}), "netlab ftp get: --output requires a value: DEST");
  EXPECT_EQ(error_from({"guess", "play", "--guess"}),
            "netlab guess play: --guess requires a value: GUESS");
  EXPECT_EQ(error_from({"demo", "--color"}),
            "netlab demo: --color requires a value: one of auto, always, never");
}

TEST(CommandLine, RejectsARepeatedOption) {
  EXPECT_EQ(error_from({"tcp", "serve", "-p", "1", "--port", "2"}),
            "netlab tcp serve: --port may be given only once");
  EXPECT_EQ(error_from({"tcp", "serve", "--model", "fork", "--model", "fork"}),
            "netlab tcp serve: --model may be given only once");
  EXPECT_EQ(error_from({"guess", "serve", "--people", "a", "--people", "b"}),
            "netlab guess serve: --people may be given only once");
  EXPECT_EQ(error_from({"--color", "auto", "--color", "never", "demo"}),
            "netlab demo: --color may be given only once");
  EXPECT_TRUE(parsed({"tcp", "serve", "--echo", "--echo"}).runs);
  EXPECT_TRUE(parsed({"guess", "play", "--guess", "a", "--guess", "b"}).runs);
  EXPECT_EQ(error_from({"guess", "play", "--guess", "a", "--guess"}),
            "netlab guess play: --guess requires a value: GUESS");
}

TEST(CommandLine, ShowsItsVersion) {
  const ParseResult result = parsed({"--version"});
  EXPECT_EQ(result.out, "netlab " NETLAB_VERSION "\n");
  EXPECT_FALSE(result.runs);
  EXPECT_EQ(result.status, ExitStatus::done);
}

TEST(CommandLine, ShowsHelpWithAnExampleOnEveryLevel) {
  for (const Words& words : {Words{"--help"}, {"tcp", "--help"}, {"tcp", "serve", "-h"}}) {
    const ParseResult result = parsed(words);
    EXPECT_EQ(result.status, ExitStatus::done);
    EXPECT_FALSE(result.runs);
    EXPECT_EQ(result.errors, "");
    EXPECT_NE(result.out.find("Example: netlab "), std::string::npos) << result.out;
  }
}

// Returns the help as one line with single spaces, because it is wrapped.
std::string unwrapped_help(Words words) {
  words.emplace_back("--help");
  std::istringstream help(parsed(words).out);
  std::string line;
  for (std::string word; help >> word;) line += word + ' ';
  return line;
}

TEST(CommandLine, ShowsDefaultsInHelp) {
  const std::string serve = unwrapped_help({"tcp", "serve"});
  for (const char* text :
       {"picks a free port (default: 12345)", "more wait in the backlog (default: 256)",
        "except loopback (default: 32)", "stay silent (default: 300)",
        "of a transfer (default: 60)", "SIGINT or SIGTERM (default: 5)"})
    EXPECT_NE(serve.find(text), std::string::npos) << text;
  const std::string get = unwrapped_help({"ftp", "get"});
  for (const char* text : {"for each reply (default: 10)", "resets the count (default: 0)",
                           "server speaks (default: lab)", "server (default: localhost:5001)"})
    EXPECT_NE(get.find(text), std::string::npos) << text;
  EXPECT_NE(unwrapped_help({"ftp", "serve"}).find("(default: 5001)"), std::string::npos);
}

TEST(CommandLine, WrapsHelpTo80Columns) {
  std::vector<Words> all = {{}};
  for (const Command& command : commands()) {
    std::istringstream name{std::string(command.name)};
    Words words;
    for (std::string word; name >> word; all.push_back(words)) words.push_back(word);
  }
  for (Words& words : all) {
    words.emplace_back("--help");
    std::istringstream help(parsed(words).out);
    for (std::string line; std::getline(help, line);) {
      EXPECT_LE(line.size(), 80u) << line;
      EXPECT_FALSE(line.ends_with("(default:")) << line;
    }
  }
  EXPECT_NE(parsed({"ftp", "get", "--help"})
                .out.find("\n"
                          "  -o,--output DEST            write to DEST, or into directory DEST "
                          "for several\n"
                          "                              files; - is standard output (default: the "
                          "file's\n"
                          "                              name)\n"),
            std::string::npos);
}

TEST(CommandLine, ShowsRequiredAndOptionalArguments) {
  EXPECT_NE(parsed({"impair", "udp", "--help"}).out.find("[OPTIONS] LISTEN FORWARD\n"),
            std::string::npos);
  EXPECT_NE(parsed({"ftp", "put", "--help"}).out.find("[OPTIONS] [HOST[:PORT]] FILE...\n"),
            std::string::npos);
  EXPECT_NE(parsed({"guess", "serve", "--help"}).out.find("--people [FILE] "), std::string::npos);
  EXPECT_EQ(error_from({"ftp", "put"}),
            "netlab ftp put: FILE is required. Example: netlab ftp put localhost notes.txt");
}

TEST(CommandLine, NamesTheCommandsThatHaveAnUnknownOption) {
  EXPECT_EQ(error_from({"udp", "echo", "--fork"}),
            "netlab udp echo: unknown option '--fork' for 'udp echo' (valid for ftp serve, guess "
            "serve, tcp serve)");
  EXPECT_EQ(error_from({"-o"}),
            "netlab: unknown option '-o' for 'netlab' (valid for ftp get, sweep arq)");
  EXPECT_EQ(error_from({"demo", "-q=3"}), "netlab demo: unknown option '-=3'");
}

TEST(CommandLine, GroupsTheOptionsInItsHelp) {
  const std::string help = parsed({"ftp", "serve", "--help"}).out;
  std::size_t at = 0;
  for (const char* heading : {"\nListening:\n", "\nServing clients:\n", "\nTransport:\n",
                              "\nFiles:\n", "\nCommon options:\n"}) {
    const std::size_t found = help.find(heading, at);
    ASSERT_NE(found, std::string::npos) << heading;
    at = found;
  }
}

// Over UDP, --model, --threads, --epoll, --iterative and --idle-timeout apply as well.
TEST(CommandLine, SaysWhichOptionsOfGuessServeRequireTcp) {
  const std::string help = parsed({"guess", "serve", "--help"}).out;
  const std::size_t both = help.find("\nServing clients (--fork and --uring require --tcp):\n");
  const std::size_t tcp = help.find("\nConnections (with --tcp):\n");
  const std::size_t game = help.find("\nGame:\n");
  ASSERT_LT(both, tcp);
  ASSERT_LT(tcp, game);
  for (const char* option :
       {"--model ", "--iterative ", "--threads ", "--epoll ", "--idle-timeout "})
    EXPECT_LT(help.find(option, both), tcp) << option;
  for (const char* option :
       {"--max-clients ", "--max-per-host ", "--proxy-protocol ", "--stall-timeout ", "--grace "}) {
    EXPECT_GT(help.find(option, both), tcp) << option;
    EXPECT_LT(help.find(option, both), game) << option;
  }
}

}  // namespace
}  // namespace netlab
