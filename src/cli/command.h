// Command describes a subcommand. Each has a file in src/command/ that declares its options and
// makes one call into the rooms below. To add one, write the file, declare its function below and
// add a row in commands.cc.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "cli/exit_status.h"
#include "cli/options.h"
#include "cli/output.h"

namespace netlab {

// Action is the options of a subcommand and the code it runs.
class Action {
 public:
  Action() = default;
  virtual ~Action() = default;
  Action(const Action&) = delete;
  Action& operator=(const Action&) = delete;

  virtual void declare(Options& options) = 0;
  // Throws std::invalid_argument on a usage error (exit status 2), another std::exception if the
  // command fails (exit status 1).
  virtual ExitStatus run(const Output& output) = 0;
};

struct Command {
  std::string_view name;     // "tcp serve"
  std::string_view summary;  // one line
  std::string_view example;  // a command line that runs
  std::unique_ptr<Action> (*make)();
};

std::span<const Command> commands();
// Returns the help of a group of commands, e.g. "ftp", in one line. Throws std::invalid_argument if
// there is no such group.
std::string_view group_summary(std::string_view group);

std::unique_ptr<Action> completion();
std::unique_ptr<Action> demo();
std::unique_ptr<Action> ftp_get();
std::unique_ptr<Action> ftp_ls();
std::unique_ptr<Action> ftp_put();
std::unique_ptr<Action> ftp_serve();
std::unique_ptr<Action> guess_play();
std::unique_ptr<Action> guess_serve();
std::unique_ptr<Action> impair_tcp();
std::unique_ptr<Action> impair_udp();
std::unique_ptr<Action> sweep_arq();
std::unique_ptr<Action> tcp_send();
std::unique_ptr<Action> tcp_serve();
std::unique_ptr<Action> udp_echo();
std::unique_ptr<Action> udp_send();

}  // namespace netlab
