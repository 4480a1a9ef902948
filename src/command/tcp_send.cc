// netlab tcp send: the client of the first lab sheet.
#include <unistd.h>

#include <iostream>

#include "base/escape.h"
#include "cli/command.h"
#include "command/shared/run_client.h"
#include "protocol/chat/chat.h"

namespace netlab {
namespace {

class TcpSend : public Action {
 public:
  void declare(Options& options) override {
    client_.declare(options);
    options.positional("MESSAGE", message_,
                       "what to send (default: a line you type, or standard input)");
  }

  ExitStatus run(const Output& output) override {
    run_client(
        client_,
        [&](const Connect& connect, Network& network, Attempt& attempt) {
          const auto server = connect();
          attempt.is_repeatable = false;
          exchange(*server, network, output);
        },
        output);
    return ExitStatus::done;
  }

 private:
  void exchange(Stream& server, Network& network, const Output& output) {
    Exchange exchange{.response_timeout = client_.timeout};
    // Prompt only after connecting, as the lab sheet's client does.
    if (!message_ && isatty(STDIN_FILENO)) {
      output.note("ENTER MESSAGE FOR SERVER");
      std::getline(std::cin, message_.emplace());
    }
    if (message_)
      exchange.message = *message_;
    else
      exchange.input = STDIN_FILENO;
    std::uint64_t received = 0;
    std::string reply;  // only with --json
    RawResult shown;
    exchange.take = [&](std::span<const std::byte> bytes) {
      const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      received += bytes.size();
      if (output.json)
        reply += text;
      else
        shown.write(text);
    };
    exchange_messages(exchange, server, network);
    if (!output.json)
      shown.finish();
    else
      output.always(
          {"reply", "", {{"server", server.peer().text()}, {"bytes", received}, {"text", reply}}});
  }

  ClientOptions client_{12345};
  std::optional<std::string> message_;
};

}  // namespace

std::unique_ptr<Action> tcp_send() {
  return std::make_unique<TcpSend>();
}

}  // namespace netlab
