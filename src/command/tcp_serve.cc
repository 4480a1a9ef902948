// netlab tcp serve: the server of the first lab sheet.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "cli/command.h"
#include "command/shared/server_options.h"
#include "protocol/chat/chat.h"
#include "protocol/echo/echo.h"

namespace netlab {
namespace {

class TcpServe : public Action {
 public:
  void declare(Options& options) override {
    server_.declare(options);
    options.group("Replies");
    options.text("--reply", reply_, "TEXT",
                 "reply to each client with this text (default: type each reply)");
    options.flag("--echo", echo_, "echo everything back until the client closes");
    options.exclusive({"--reply", "--echo"});
  }

  ExitStatus run(const Output& output) override {
    const bool is_interactive = !reply_ && !echo_;
    if (is_interactive && server_.model_was_chosen())
      throw std::invalid_argument(
          "interactive replies require --iterative; otherwise use --reply or --echo");
    if (is_interactive) server_.prefer_model("iterative");
    const bool succeeded = server_.serve(echo_ ? echo(output) : chat(output), "tcp", output);
    return succeeded ? ExitStatus::done : ExitStatus::failed;
  }

 private:
  Handler echo(const Output& output) const {
    const Echo echo{output.sink(), server_.idle_timeout(), server_.stall_timeout()};
    return [echo](Stream& client, Network& network) { serve_echo(echo, client, network); };
  }

  Handler chat(const Output& output) const {
    const auto reply = [this, &output](const std::string&) {
      return reply_ ? reply_ : ask(output);
    };
    const Chat chat{
        .reply = reply, .sink = output.sink(), .stall_timeout = server_.stall_timeout()};
    return [chat](Stream& client, Network& network) { serve_chat(chat, client, network); };
  }

  // Reads a reply from standard input, a terminal or a script. Returns nothing at end of file.
  static std::optional<std::string> ask(const Output& output) {
    const bool is_terminal = isatty(STDIN_FILENO) == 1;
    if (is_terminal) output.note("ENTER MESSAGE FOR CLIENT");
    std::string line;
    if (std::getline(std::cin, line)) return line;
    if (is_terminal) {  // Ctrl-D ends the input for this client only
      std::clearerr(stdin);
      std::cin.clear();
    }
    return std::nullopt;
  }

  ServerOptions server_{12345};
  std::optional<std::string> reply_;
  bool echo_ = false;
};

}  // namespace

std::unique_ptr<Action> tcp_serve() {
  return std::make_unique<TcpServe>();
}

}  // namespace netlab
