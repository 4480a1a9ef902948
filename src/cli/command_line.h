// CommandLine is the tree of subcommands and options, built from commands.cc. It parses a command
// line, and generates the shell completions and the man page.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"

namespace netlab {

class CommandLine {
 public:
  CommandLine();
  ~CommandLine();

  struct Parsed {
    Action* action = nullptr;  // null: there is nothing to run, `status` is the result
    std::string name;          // "tcp serve"; after an error, the part that was parsed
    ExitStatus status = ExitStatus::done;
    Output output;
  };

  // `words` are the arguments without argv[0]. Prints help and the version to standard output, and
  // a usage error to standard error, as one line with a suggestion for a misspelled word.
  Parsed parse(const std::vector<std::string>& words);

  // Returns the completions of the last word, which is unfinished, after the words before it. Each
  // is "WORD<TAB>DESCRIPTION".
  std::vector<std::string> completions(const std::vector<std::string>& words) const;
  // Returns the man page, in the macros of man(7).
  std::string man_page() const;

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

}  // namespace netlab
