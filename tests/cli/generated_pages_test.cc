// Text generated from the command tree: completion candidates and the man page.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/command_line.h"

namespace netlab {
namespace {

using Words = std::vector<std::string>;

// The candidates without their descriptions.
Words offered(const Words& words) {
  Words found;
  for (const std::string& line : CommandLine().completions(words)) {
    EXPECT_NE(line.find('\t'), std::string::npos) << line;
    found.push_back(line.substr(0, line.find('\t')));
  }
  return found;
}

bool has(const Words& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

TEST(Candidates, ListSubcommands) {
  EXPECT_EQ(offered({""}),
            (Words{"completion", "demo", "ftp", "guess", "impair", "sweep", "tcp", "udp"}));
  EXPECT_EQ(offered({}), offered({""}));
  EXPECT_EQ(offered({"ftp", ""}), (Words{"get", "ls", "put", "serve"}));
}

TEST(Candidates, MatchThePrefix) {
  EXPECT_EQ(offered({"d"}), Words{"demo"});
  EXPECT_EQ(offered({"ftp", "s"}), Words{"serve"});
  EXPECT_EQ(offered({"xyzzy"}), Words{});
}

TEST(Candidates, ListTheOptionsOfTheSubcommand) {
  EXPECT_EQ(offered({"ftp", "get", "--re"}),
            (Words{"--retry", "--resume", "--restart", "--recursive"}));
  EXPECT_TRUE(has(offered({"tcp", "serve", "--"}), "--echo"));
  EXPECT_FALSE(has(offered({"ftp", "serve", "--"}), "--echo"));
  EXPECT_EQ(offered({"demo", "--js"}), Words{"--json"});
}

TEST(Candidates, ListTheValuesOfThePrecedingOption) {
  EXPECT_EQ(offered({"tcp", "serve", "--model", ""}),
            (Words{"iterative", "fork", "threads", "epoll", "uring"}));
  EXPECT_EQ(offered({"tcp", "serve", "--model", "e"}), Words{"epoll"});
  EXPECT_EQ(offered({"ftp", "get", "--wire", ""}), (Words{"lab", "sheet"}));
}

TEST(Candidates, ListTheValuesAfterAnEqualsSign) {
  EXPECT_EQ(offered({"ftp", "get", "--wire="}), (Words{"--wire=lab", "--wire=sheet"}));
  EXPECT_EQ(offered({"tcp", "serve", "--model=e"}), Words{"--model=epoll"});
  EXPECT_EQ(offered({"tcp", "serve", "--once=e"}), Words{});
  EXPECT_EQ(offered({"tcp", "serve", "--nothing="}), Words{});
}

// bash treats "=" as a separate word (COMP_WORDBREAKS) and completes the word after it.
TEST(Candidates, ListTheValuesAfterASeparateEqualsSign) {
  EXPECT_EQ(offered({"ftp", "get", "--wire", "="}), (Words{"lab", "sheet"}));
  EXPECT_EQ(offered({"tcp", "serve", "--model", "=", "e"}), Words{"epoll"});
  EXPECT_EQ(offered({"ftp", "serve", "--model", "=", "epoll", "--writ"}), Words{"--writable"});
}

TEST(Candidates, AreEmptyForFreeText) {
  EXPECT_EQ(offered({"tcp", "serve", "--reply", ""}), Words{});
  EXPECT_EQ(offered({"ftp", "get", "-o", ""}), Words{});
}

TEST(Candidates, AreOptionsAfterAFlag) {
  EXPECT_TRUE(has(offered({"tcp", "serve", "--once", "--"}), "--echo"));
}

TEST(Candidates, AreAcceptedByTheParser) {
  for (const std::string& model : offered({"ftp", "serve", "--model", ""}))
    EXPECT_NE(CommandLine().parse({"ftp", "serve", "--model", model}).action, nullptr);
}

TEST(ManPage, ListsEveryCommandWithItsExample) {
  const std::string page = CommandLine().man_page();
  for (const Command& command : commands()) {
    EXPECT_NE(page.find(".SS netlab " + std::string(command.name) + "\n"), std::string::npos)
        << command.name;
    std::string example(command.example);
    for (std::size_t at = 0; (at = example.find('-', at)) != std::string::npos; at += 2)
      example.insert(at, "\\");
    EXPECT_NE(page.find("Example: \\fB" + example), std::string::npos) << example;
  }
}

TEST(ManPage, ListsEveryOption) {
  const CommandLine command_line;
  const std::string page = command_line.man_page();
  for (const Command& command : commands()) {
    Words words;
    std::istringstream name{std::string(command.name)};
    for (std::string word; name >> word;) words.push_back(word);
    words.emplace_back("--");
    const Words options = offered(words);
    EXPECT_FALSE(options.empty());
    for (const std::string& option : options) {
      std::string shown = option;
      for (std::size_t at = 0; (at = shown.find('-', at)) != std::string::npos; at += 2)
        shown.insert(at, "\\");
      EXPECT_NE(page.find("\\fB" + shown + "\\fR"), std::string::npos) << option;
    }
  }
}

TEST(ManPage, HasTheUsualSections) {
  const std::string page = CommandLine().man_page();
  EXPECT_TRUE(page.starts_with(".TH NETLAB 1 "));
  for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "COMMON OPTIONS",
                              "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"})
    EXPECT_NE(page.find(std::string(".SH ") + section + "\n"), std::string::npos) << section;
}

TEST(ManPage, DescribesTheProgramAndItsExitStatuses) {
  const std::string page = CommandLine().man_page();
  for (const char* words : {"TCP", "UDP", "game", "download"})
    EXPECT_LT(page.find(words, page.find(".SH DESCRIPTION")), page.find(".SH COMMANDS")) << words;
  const std::string statuses = page.substr(page.find(".SH EXIT STATUS"));
  for (const char* words : {"\n0\n", "\n1\n", "\n2\n", "\n3\n", "130, 143", "verification failed"})
    EXPECT_NE(statuses.find(words), std::string::npos) << words;
}

// A line of roff that begins with "." or "'" is a request.
TEST(ManPage, ContainsOnlyKnownRoffRequests) {
  std::istringstream page(CommandLine().man_page());
  const Words known = {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I", ".BR", ".RI"};
  for (std::string line; std::getline(page, line);) {
    EXPECT_FALSE(line.starts_with('\'')) << line;
    const bool is_request = line.starts_with('.');
    EXPECT_TRUE(!is_request || has(known, line.substr(0, line.find(' ')))) << line;
  }
}

}  // namespace
}  // namespace netlab
