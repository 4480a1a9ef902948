// netlab ftp serve: the broken-download server of the second lab sheet, for a folder or one file.
#include "command/command.h"
#include "command/serving.h"
#include "file/confinement.h"
#include "protocol/file_server.h"
#include "trace/log.h"

namespace netlab {
namespace {

class FtpServe : public Action {
 public:
  void declare(Options& options) override {
    options.positional("DIR|FILE", path_, "what to serve (the current folder)");
    serving_.declare(options);
    options.text("--sheet-file", sheet_file_, "NAME",
                 "of a folder: what clients get that name no file, as those of the lab sheet");
    options.seconds("--request-timeout", request_timeout_,
                    "how long a request may take from its first byte to its last");
  }

  ExitStatus run(const Output& output) override {
    const Share share(path_, sheet_file_);
    const FileService service{.share = share,
                              .tell = output.teller(),
                              .request_timeout = request_timeout_,
                              .idle_timeout = serving_.idle_timeout,
                              .stall_timeout = serving_.stall_timeout};
    const auto serve = [&](Stream& client, Network& network) {
      serve_files(service, client, network);
    };
    serving_.confine = [&] { log::note("{}", confine(share.folder(), false)); };
    return serving_.serve(serve, "ftp", output) ? ExitStatus::done : ExitStatus::failed;
  }

 private:
  Serving serving_{5001};
  std::string path_ = ".";
  std::string sheet_file_;
  Duration request_timeout_ = std::chrono::seconds(30);
};

}  // namespace

std::unique_ptr<Action> ftp_serve() {
  return std::make_unique<FtpServe>();
}

}  // namespace netlab
