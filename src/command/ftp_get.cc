// netlab ftp get: the broken-download client of the second lab sheet, and more than one file.
#include <fmt/core.h>

#include "base/decimal.h"
#include "base/escape.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "command/shared/run_client.h"
#include "command/shared/transfer_options.h"
#include "command/shared/wires.h"
#include "file/path_state.h"
#include "protocol/lab/download_tree.h"
#include "protocol/transfer/download.h"
#include "protocol/transfer/remediable_error.h"

namespace netlab {
namespace {

constexpr std::uint64_t max_streams = 64;

class FtpGet : public Action {
 public:
  void declare(Options& options) override {
    client_.declare(options);
    client_.transport.declare(options);
    options.positionals(
        "NAME", names_,
        "files, or with -r directories, to fetch (default: the server's default file)");
    options.group("Download");
    options.text("-o,--output", destination_, "DEST",
                 "write to DEST, or into directory DEST for several files; - is standard output "
                 "(default: the file's name)");
    options.number("--offset", offset_, {0, max_offset},
                   "start at byte N, counted from 0, and write at that offset");
    options.flag("--resume", resume_, "resume a partial download (default if one exists)");
    options.flag("--restart", restart_, "fetch the whole file and replace any existing one");
    options.exclusive({"--offset", "--resume", "--restart"});
    options.choice("--wire", wire_, wire_names(), "protocol that the server speaks");
    options.number("--streams", streams_, {1, max_streams}, "connections to use for a large file");
    transfer_.declare(options);
  }

  ExitStatus run(const Output& output) override {
    check_usage();
    if (!uses_stdout_for_events()) output.leave_standard_output();
    const auto job = is_one() ? &FtpGet::fetch_one : &FtpGet::fetch_all;
    checkpoint_.mode = mode();
    checkpoint_.offset = offset_.value_or(0);
    tree_checkpoint_.emplace(restart_);
    try {
      run_client(
          client_,
          [&](const Connect& connect, Network& network, Attempt& attempt) {
            (this->*job)(connect, network, output, attempt);
          },
          output);
    } catch (const RemediableError& error) {
      throw std::runtime_error(with_hint(error, "fetches"));
    }
    return ExitStatus::done;
  }

 private:
  bool is_one() const { return names_.size() <= 1 && !transfer_.recursive; }
  const Wire& wire() const { return wire_named(wire_); }
  std::string name() const { return names_.empty() ? "" : names_.front(); }

  void check_usage() const {
    if (!is_one() && (offset_ || destination_ == "-"))
      throw std::invalid_argument("--offset and -o - require a single file");
    if (!is_one()) TransferOptions::check_distinct(names_);
    if (!makes_a_file() && (streams_ > 1 || transfer_.verify || transfer_.durable))
      throw std::invalid_argument(
          "--streams, --verify and --fsync require a whole file; they cannot be used with "
          "--offset, -o - or devices");
    const std::string with_wire = std::string("--wire ") + wire().name;
    if (!wire().has_names && (!names_.empty() || !is_one()))
      throw std::invalid_argument(with_wire +
                                  " has no file names: omit NAME (-o DEST sets where to write)");
    if (!wire().has_ranges_and_tags && (streams_ > 1 || transfer_.verify))
      throw std::invalid_argument(with_wire + " supports neither --streams nor --verify");
    if (offset_ > wire().max_offset)
      throw std::invalid_argument(
          fmt::format("--offset must be at most {} with {}", wire().max_offset, with_wire));
  }

  // And does not write into the middle of a file, to standard output, a device or a pipe.
  bool makes_a_file() const {
    return offset_.value_or(0) == 0 && destination_ != "-" &&
           look_at(destination_).kind != PathState::Kind::other;
  }

  Checkpoint::Mode mode() const {
    if (offset_) return Checkpoint::Mode::offset;
    if (restart_) return Checkpoint::Mode::restart;
    return resume_ ? Checkpoint::Mode::resume : Checkpoint::Mode::automatic;
  }

  DownloadSettings settings() const {
    return {.streams = streams_, .verify = transfer_.verify, .durable = transfer_.durable};
  }

  // Events must not mix with a file's bytes on standard output.
  bool uses_stdout_for_events() const { return destination_ != "-"; }

  void fetch_one(const Connect& connect, Network& network, const Output& output, Attempt& attempt) {
    const auto remote = wire().open(connect, name());
    Progress progress(output, uses_stdout_for_events());
    TransferContext context = transfer_.context(client_, network, attempt, progress, output);
    // Bytes written to a pipe or a device cannot be taken back, and without tags nothing tells
    // whether the rest belongs to the same version of the file.
    if (!wire().has_ranges_and_tags && !makes_a_file())
      context.progress = [&, next = context.progress](const TransferProgress& now) {
        attempt.is_repeatable = false;
        next(now);
      };
    const DownloadRequest request{destination_, name().empty() ? wire().default_name : name(),
                                  settings()};
    const DownloadOutcome outcome = download(request, checkpoint_, *remote, context);
    const double seconds = in_seconds(network.now() - started_);
    progress.clear();
    report(outcome, seconds, output);
  }

  void report(const DownloadOutcome& outcome, double seconds, const Output& output) const {
    const std::string destination = escaped(outcome.destination);
    std::string line;
    if (outcome.was_complete)
      line = fmt::format("{} is already complete", destination);
    else
      line = fmt::format("{}: {} bytes from offset {} in {:.3f} s", destination, outcome.received,
                         outcome.from, seconds);
    if (outcome.compared != 0) line += fmt::format(" ({} bytes compared)", outcome.compared);
    if (outcome.verified) line += ", verified";
    const Event event{"done",
                      line,
                      {{"destination", outcome.destination},
                       {"offset", outcome.from},
                       {"bytes", outcome.received},
                       {"compared", outcome.compared},
                       {"verified", outcome.verified},
                       {"seconds", seconds}}};
    if (output.json && uses_stdout_for_events())
      output.always(event);
    else
      output.note(line);
  }

  void fetch_all(const Connect& connect, Network& network, const Output& output, Attempt& attempt) {
    LabClient server(connect);
    Progress progress(output, true);
    TransferContext context = transfer_.context(client_, network, attempt, progress, output);
    const DownloadTree request{.names = names_.empty() ? std::vector<std::string>{"."} : names_,
                               .recursive = transfer_.recursive,
                               .into = destination_.empty() ? "." : destination_,
                               .settings = settings(),
                               .events = TransferOptions::events("fetches", output)};
    const TransferSummary summary = download_tree(request, *tree_checkpoint_, server, context);
    const double seconds = in_seconds(network.now() - started_);
    progress.clear();
    TransferOptions::report(summary, seconds, "received", output);
  }

  ClientOptions client_{5001};
  TransferOptions transfer_;
  std::vector<std::string> names_;
  std::string destination_;
  std::optional<std::uint64_t> offset_;
  bool resume_ = false;
  bool restart_ = false;
  std::string wire_ = wires().front().name;
  std::uint64_t streams_ = 1;
  const Instant started_ = Clock::now();
  Checkpoint checkpoint_;
  std::optional<TreeCheckpoint> tree_checkpoint_;
};

}  // namespace

std::unique_ptr<Action> ftp_get() {
  return std::make_unique<FtpGet>();
}

}  // namespace netlab
