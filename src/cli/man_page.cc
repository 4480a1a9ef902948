// The man page, generated from the tree that parses the command line.
#include <fmt/format.h>

#include "cli/command_tree.h"

namespace netlab {
namespace {

// Escapes text for roff: a backslash begins an escape, a "-" may become a hyphen, and a line that
// starts with a period or an apostrophe is a request (groff(7)).
std::string roff(const std::string& text) {
  std::string safe;
  for (const char character : text) {
    if (character == '\\')
      safe += "\\e";
    else if (character == '-')
      safe += "\\-";
    else
      safe += character;
  }
  return safe.starts_with('.') || safe.starts_with('\'') ? "\\&" + safe : safe;
}

std::string option_text(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += "\\fB\\-" + roff(name) + "\\fR, ";
  for (const std::string& name : option.get_lnames()) names += "\\fB\\-\\-" + roff(name) + "\\fR, ";
  if (names.size() > 2) names.resize(names.size() - 2);
  if (option.get_positional()) names = "\\fI" + roff(positional_name(option)) + "\\fR";
  const std::string type = value_type(option);
  return fmt::format(".TP\n{}{}\n{}\n", names, type.empty() ? "" : " \\fI" + roff(type) + "\\fR",
                     roff(described(option)));
}

// Whether every subcommand has the option.
bool is_common(const CLI::Option& option, const std::vector<const CLI::App*>& apps) {
  return std::ranges::all_of(apps, [&](const CLI::App* app) {
    return app->get_option_no_throw(option.get_name()) != nullptr;
  });
}

std::string command_text(const Command& command, const CLI::App& app,
                         const std::vector<const CLI::App*>& apps) {
  std::string page = fmt::format(".SS netlab {}\n{}\n", roff(std::string(command.name)),
                                 roff(std::string(command.summary)));
  for (const CLI::Option* option : app.get_options())
    if (!is_common(*option, apps)) page += option_text(*option);
  return page + fmt::format(".PP\nExample: \\fB{}\\fR\n", roff(std::string(command.example)));
}

constexpr const char* head = R"(.TH NETLAB 1 2026-11-23 "netlab {}" "User Commands"
.SH NAME
netlab \- learn, test and run socket programs
.SH SYNOPSIS
.B netlab
.I COMMAND
.RI [ OPTION ...]
.SH DESCRIPTION
netlab has the servers and clients of the usual exercises in socket programming:
an exchange of messages over TCP,
a UDP echo,
a guessing game over UDP or TCP,
and a download that is interrupted and resumed.
Each end works with another program at the other end, e.g. one written in C.
netlab can also run between two programs and simulate loss, delay and disconnects.
.SH COMMANDS
)";

constexpr const char* tail = R"(.SH EXIT STATUS
.TP
0
success; in a game: won
.TP
1
failure: connection refused, reset or timed out, no such file, verification failed, disk full
.TP
2
usage error
.TP
3
the game was lost
.TP
130, 143
a client was terminated by SIGINT or SIGTERM
.SH ENVIRONMENT
.TP
LISTEN_PID, LISTEN_FDS
a server uses the socket inherited from systemd (sd_listen_fds(3))
.TP
NOTIFY_SOCKET
a server notifies this socket when it is ready and when it stops (sd_notify(3))
.TP
NO_COLOR
if set and not empty, disables colors
.SH SEE ALSO
.BR socket (7),
.BR tcp (7),
.BR strace (1)
)";

}  // namespace

std::string CommandLine::man_page() const {
  std::vector<const CLI::App*> apps;
  for (const auto& [app, leaf] : tree_->leaves) apps.push_back(app);
  std::string page = fmt::format(fmt::runtime(head), NETLAB_VERSION);
  for (const Command& command : commands())
    for (const auto& [app, leaf] : tree_->leaves)
      if (leaf.command == &command) page += command_text(command, *app, apps);
  page += ".SH COMMON OPTIONS\nEvery command accepts these.\n";
  for (const CLI::Option* option : apps.front()->get_options())
    if (is_common(*option, apps)) page += option_text(*option);
  return page + tail;
}

}  // namespace netlab
