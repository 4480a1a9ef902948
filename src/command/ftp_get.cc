// netlab ftp get: the broken-download client of the second lab sheet.
#include <fmt/core.h>

#include "command/command.h"
#include "command/connecting.h"
#include "command/progress.h"
#include "file/partial.h"
#include "protocol/decimal.h"
#include "protocol/download.h"
#include "protocol/escape.h"
#include "protocol/sheet_codec.h"

namespace netlab {
namespace {

class FtpGet : public Action {
 public:
  void declare(Options& options) override {
    connecting_.declare(options);
    options.positional("NAME", name_, "the file; left out: the one that the server offers");
    options.text("-o,--output", destination_, "DEST",
                 "where to; - is standard output (the file's own name)");
    options.number("--offset", offset_, max_offset,
                   "fetch the bytes from N on, counted from 0, and write them at N");
    options.flag("--resume", resume_, "go on from what is there (the default when something is)");
    options.flag("--restart", restart_, "fetch the whole file and replace what is there");
    options.exclusive({"--offset", "--resume", "--restart"});
    options.choice("--wire", wire_, {"lab", "sheet"}, "what the server speaks");
  }

  ExitStatus run(const Output& output) override {
    check_usage();
    connecting_.run([&](const Connect& connect, Network& network,
                        bool& repeatable) { fetch(connect, network, output, repeatable); },
                    output);
    return ExitStatus::done;
  }

 private:
  void check_usage() const {
    if (wire_ != "sheet") return;
    if (!name_.empty())
      throw std::invalid_argument(
          "the sheet's wire knows no names: leave NAME out (-o DEST says "
          "where to write)");
    if (offset_ > sheet::max_client_offset)
      throw std::invalid_argument("--offset: the sheet's wire goes up to " +
                                  std::to_string(sheet::max_client_offset));
  }

  Download::Mode mode() const {
    if (offset_) return Download::Mode::offset;
    if (restart_) return Download::Mode::restart;
    return resume_ ? Download::Mode::resume : Download::Mode::automatic;
  }

  void fetch(const Connect& connect, Network& network, const Output& output, bool& repeatable) {
    const auto remote = wire_ == "sheet" ? sheet_file(connect) : lab_file(connect, name_);
    Progress progress(output);
    const Instant started = network.now();
    // What went to a pipe or a device can't be taken back.
    const bool goes_out =
        destination_ == "-" || look_at(destination_).kind == PathState::Kind::other;
    const Download download{
        .mode = mode(),
        .offset = offset_.value_or(0),
        .destination = destination_,
        .name = wire_ == "sheet" ? "destination_file.txt" : name_,  // the name in the sheet
        .silence = connecting_.timeout,
        .progress =
            [&](std::uint64_t done, std::uint64_t size) {
              if (goes_out) repeatable = false;
              progress.update(done, size);
            },
    };
    const Download::Outcome outcome = download.run(*remote, network);
    const double seconds = std::chrono::duration<double>(network.now() - started).count();
    progress.clear();
    report(outcome, seconds, output);
  }

  void report(const Download::Outcome& outcome, double seconds, const Output& output) const {
    const std::string destination = escaped(outcome.destination);
    std::string line;
    if (outcome.was_complete)
      line = fmt::format("{} was complete already", destination);
    else
      line = fmt::format("{}: {} bytes from {} in {:.3f} s", destination, outcome.received,
                         outcome.from, seconds);
    if (outcome.compared != 0)
      line += fmt::format(" (the {} bytes before were compared)", outcome.compared);
    const Event event{"done",
                      line,
                      {{"destination", outcome.destination},
                       {"offset", outcome.from},
                       {"bytes", outcome.received},
                       {"compared", outcome.compared},
                       {"seconds", seconds}}};
    // Standard output may be the file itself.
    if (output.json && destination_ != "-")
      output.announce(event);
    else
      output.remark(line);
  }

  Connecting connecting_{5001};
  std::string name_;
  std::string destination_;
  std::optional<std::uint64_t> offset_;
  bool resume_ = false;
  bool restart_ = false;
  std::string wire_ = "lab";
};

}  // namespace

std::unique_ptr<Action> ftp_get() {
  return std::make_unique<FtpGet>();
}

}  // namespace netlab
