// netlab udp echo: the UDP echo server of the second lab sheet.
#include "cli/command.h"
#include "command/shared/server_options.h"
#include "protocol/echo/echo.h"

namespace netlab {
namespace {

class UdpEcho : public Action {
 public:
  void declare(Options& options) override { server_.declare_for_datagrams(options); }

  ExitStatus run(const Output& output) override {
    server_.serve_datagrams(
        {.begin = [] { return std::make_unique<MessageEcho>(); }, .stateless = true}, "udp",
        output);
    return ExitStatus::done;
  }

 private:
  ServerOptions server_{8888};
};

}  // namespace

std::unique_ptr<Action> udp_echo() {
  return std::make_unique<UdpEcho>();
}

}  // namespace netlab
