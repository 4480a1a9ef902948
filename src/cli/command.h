// Command is one subcommand: one file with its options, its help, its example and one call
// downstairs. A further one is one file and one row in commands.cc.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "cli/exit_status.h"
#include "cli/options.h"
#include "cli/output.h"

namespace netlab {

// A subcommand's options, as declared, and what it does with them.
class Action {
 public:
  Action() = default;
  virtual ~Action() = default;
  Action(const Action&) = delete;
  Action& operator=(const Action&) = delete;

  virtual void declare(Options& options) = 0;
  // Throws what its job throws; std::invalid_argument for wrong usage.
  virtual ExitStatus run(const Output& output) = 0;
};

struct Command {
  std::string_view name;     // "tcp serve"
  std::string_view summary;  // one line
  std::string_view example;  // a command line that runs
  std::unique_ptr<Action> (*make)();
};

std::span<const Command> commands();

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
