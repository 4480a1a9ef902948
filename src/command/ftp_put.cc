// netlab ftp put: sends files to a server that was started with --writable.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/escape.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "command/shared/run_client.h"
#include "command/shared/transfer_options.h"
#include "file/directory.h"
#include "protocol/lab/upload_tree.h"
#include "socket/signals.h"

namespace netlab {
namespace {

class FtpPut : public Action {
 public:
  void declare(Options& options) override {
    options.required_positionals("[HOST[:PORT]] FILE", paths_,
                                 "server (default: localhost:5001), then the files to upload; a "
                                 "single argument is a file");
    client_.declare_timing(options);
    client_.transport.declare(options);
    options.group("Upload");
    options.text("--as", as_, "NAME", "store FILE as NAME on the server (default: its own name)");
    options.text("-t,--into", into_, "DIR",
                 "upload into this directory on the server, created if missing");
    options.flag("--resume", resume_, "resume a partial upload (default if the server has one)");
    options.flag("--restart", restart_, "ignore a partial upload and send the whole file");
    options.exclusive({"--resume", "--restart"});
    transfer_.declare(options);
  }

  ExitStatus run(const Output& output) override {
    const bool has_server = paths_.size() > 1;
    if (has_server) {
      client_.server = paths_.front();
      paths_.erase(paths_.begin());
    }
    check_names();
    const bool is_one = into_.empty() && !transfer_.recursive && paths_.size() == 1;
    if (!is_one) TransferOptions::check_distinct(paths_);
    checkpoint_.restart = restart_;
    tree_checkpoint_.emplace(restart_);
    block_broken_pipe();
    const auto job = [&](const Connect& connect, Network& network, Attempt& attempt) {
      if (is_one)
        send_one(connect, network, output, attempt);
      else
        send_all(connect, network, output, attempt);
    };
    try {
      run_client(client_, job, output);
    } catch (const SystemError& error) {
      if (has_server || error.error() != ENOENT) throw;
      throw std::runtime_error(
          fmt::format("{} (if it is a server, FILE is missing)", error.what()));
    }
    return ExitStatus::done;
  }

 private:
  // Throws std::invalid_argument.
  void check_names() const {
    if (std::ranges::count(paths_, "") > 0) throw std::invalid_argument("FILE must not be empty");
    if (!as_) return;
    if (as_->empty()) throw std::invalid_argument("--as: NAME must not be empty");
    if (as_->ends_with('/') && !transfer_.recursive)
      throw std::invalid_argument(
          fmt::format("--as: '{}' must be the name of a file (use --into for a directory)", *as_));
    if (paths_.size() > 1)
      throw std::invalid_argument(
          fmt::format("--as takes exactly one FILE, but {} were given", paths_.size()));
  }

  UploadSettings settings() const {
    return {.verify = transfer_.verify, .durable = transfer_.durable};
  }

  void send_one(const Connect& connect, Network& network, const Output& output, Attempt& attempt) {
    LabClient server(connect);
    Progress progress(output, true);
    TransferContext context = transfer_.context(client_, network, attempt, progress, output);
    const UploadRequest request{paths_.front(), as_.value_or(last_part(paths_.front())),
                                settings()};
    const UploadOutcome outcome = upload(request, checkpoint_, server, context);
    const double seconds = in_seconds(network.now() - started_);
    progress.clear();
    std::string line =
        fmt::format("uploaded {} as {}: {} bytes from offset {} in {:.3f} s", escaped(request.path),
                    escaped(request.name), outcome.sent, outcome.from, seconds);
    if (outcome.verified) line += ", verified";
    if (!output.json)
      output.note(line);
    else
      output.always({"done",
                     line,
                     {{"path", request.path},
                      {"name", request.name},
                      {"offset", outcome.from},
                      {"bytes", outcome.sent},
                      {"compared", outcome.compared},
                      {"verified", outcome.verified},
                      {"seconds", seconds}}});
  }

  void send_all(const Connect& connect, Network& network, const Output& output, Attempt& attempt) {
    LabClient server(connect);
    Progress progress(output, true);
    TransferContext context = transfer_.context(client_, network, attempt, progress, output);
    const UploadTree request{.paths = paths_,
                             .recursive = transfer_.recursive,
                             .as = as_,
                             .into = into_.empty() ? "." : into_,
                             .settings = settings(),
                             .events = TransferOptions::events("sends", output)};
    TransferSummary summary = upload_tree(request, *tree_checkpoint_, server, context);
    const double seconds = in_seconds(network.now() - started_);
    progress.clear();
    if (summary.busy > 0 && !attempt.is_last)
      throw TemporaryError("another transfer is writing to some of the files");
    summary.failed += summary.busy;
    TransferOptions::report(summary, seconds, "sent", output);
  }

  ClientOptions client_{5001};
  TransferOptions transfer_;
  std::vector<std::string> paths_;
  std::optional<std::string> as_;
  std::string into_;
  bool resume_ = false;
  bool restart_ = false;
  const Instant started_ = Clock::now();
  UploadCheckpoint checkpoint_;
  std::optional<TreeCheckpoint> tree_checkpoint_;
};

}  // namespace

std::unique_ptr<Action> ftp_put() {
  return std::make_unique<FtpPut>();
}

}  // namespace netlab
