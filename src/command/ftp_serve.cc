// netlab ftp serve: the broken-download server of the second lab sheet, for a directory or one
// file.
#include "cli/command.h"
#include "command/shared/server_options.h"
#include "file/sandbox.h"
#include "protocol/file_server.h"
#include "trace/log.h"

namespace netlab {
namespace {

class FtpServe : public Action {
 public:
  void declare(Options& options) override {
    options.positional("DIR|FILE", path_, "what to serve (default: the current directory)");
    server_.declare(options);
    server_.declare_transport(options);
    options.group("Files");
    options.text("--sheet-file", sheet_file_, "NAME",
                 "file for clients that name none, such as the lab sheet's client");
    options.flag("--writable", writable_,
                 "accept uploads; listen on loopback only unless --bind is given");
    options.rate("--limit-rate", limit_rate_,
                 "maximum bytes per second for each client, e.g. 500K or 5M");
    options.seconds("--request-timeout", request_timeout_,
                    "maximum seconds from the first byte of a request to its last");
  }

  ExitStatus run(const Output& output) override {
    const ServedFiles share(path_, sheet_file_);
    if (writable_ && share.is_single_file())
      throw std::invalid_argument("--writable requires a directory, but '" + path_ + "' is a file");
    if (writable_) server_.narrow_to_loopback("uploads are allowed");
    const FileService service{.share = share,
                              .sink = output.sink(),
                              .writable = writable_,
                              .limit_rate = limit_rate_,
                              .request_timeout = request_timeout_,
                              .idle_timeout = server_.idle_timeout(),
                              .stall_timeout = server_.stall_timeout()};
    const auto serve = [&](Stream& client, Network& network) {
      serve_files(service, client, network);
    };
    server_.enter_sandbox = [&] { log::note("{}", enter_sandbox(share.directory(), writable_)); };
    return server_.serve(serve, "ftp", output) ? ExitStatus::done : ExitStatus::failed;
  }

 private:
  ServerOptions server_{5001};
  std::string path_ = ".";
  std::string sheet_file_;
  bool writable_ = false;
  std::uint64_t limit_rate_ = 0;
  Duration request_timeout_ = std::chrono::seconds(30);
};

}  // namespace

std::unique_ptr<Action> ftp_serve() {
  return std::make_unique<FtpServe>();
}

}  // namespace netlab
