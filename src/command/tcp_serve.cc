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
    const bool asks = !reply_ && !echo_;
    if (asks && server_.model_was_chosen())
      throw std::invalid_argument(
          "interactive replies require --iterative; or use --reply or --echo");
    if (asks) server_.prefer_model("iterative");
    const bool well = server_.serve(echo_ ? echo(output) : chat(output), "tcp", output);
    return well ? ExitStatus::done : ExitStatus::failed;
  }

 private:
  Handler echo(const Output& output) const {
    const Echo echo{output.sink(), server_.idle_timeout, server_.stall_timeout};
    return [echo](Stream& client, Network& network) { serve_echo(echo, client, network); };
  }

  Handler chat(const Output& output) const {
    const auto reply = [this, &output](const std::string&) {
      return reply_ ? reply_ : ask(output);
    };
    const Chat chat{.reply = reply, .sink = output.sink(), .stall_timeout = server_.stall_timeout};
    return [chat](Stream& client, Network& network) { serve_chat(chat, client, network); };
  }

  // A line from the person at the terminal, or from a script; nothing at the end of input.
  static std::optional<std::string> ask(const Output& output) {
    const bool is_person = isatty(STDIN_FILENO) == 1;
    if (is_person) output.note("ENTER MESSAGE FOR CLIENT");
    std::string line;
    if (std::getline(std::cin, line)) return line;
    if (is_person) {  // Ctrl-D is no answer to this client; for the next one there may be one
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
