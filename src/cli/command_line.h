// CommandLine is the tree of subcommands and options, made from commands.cc: it parses a command
// line, and it is what completions and the man page are made from.
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
    Action* action = nullptr;  // null: nothing is to be run any more, the status is final
    std::string name;          // "tcp serve", as far as it was understood
    ExitStatus status = ExitStatus::done;
    Output output;
  };

  // `words` are the arguments without argv[0]. Help and version go to standard output; what is
  // wrong goes to standard error in one line, with a suggestion for a misspelt word.
  Parsed parse(const std::vector<std::string>& words);

  // For completions: what may come after these words, "word TAB what it is" each, the last word
  // being unfinished.
  std::vector<std::string> candidates(const std::vector<std::string>& words) const;
  // The man page, in man(7)'s macros.
  std::string man_page() const;

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

}  // namespace netlab
