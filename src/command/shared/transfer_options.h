// TransferOptions is what ftp get and ftp put have in common: how fast, how sure, and what is told
// of many files.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "command/shared/client_options.h"
#include "protocol/lab/transfer_summary.h"

namespace netlab {

class TransferOptions {
 public:
  void declare(Options& options);

  bool recursive = false;
  bool verify = false;
  bool durable = false;
  std::uint64_t limit_rate = 0;

  // A DownloadSettings or a UploadSettings, as these options, the connection and the user want it.
  template <typename Way>
  Way way(ClientOptions& connecting, Attempt& attempt, Progress& progress,
          const Output& output) const {
    Way way;
    way.response_timeout = connecting.timeout;
    way.limit_rate = limit_rate;
    way.verify = verify;
    way.durable = durable;
    way.progress = [&](std::uint64_t done, std::uint64_t size) {
      connecting.moved(done, attempt);
      progress.update(done, size);
    };
    way.notice = [&](const std::string& line) { output.note(line); };
    return way;
  }

  // Of files and folders that go to one folder: throws std::invalid_argument when two of them would
  // have the same name there.
  static void check_distinct(const std::vector<std::string>& paths);

  // A line a file is for programs: with --json.
  static void report_file(const std::string& path, std::uint64_t bytes, const Output& output);
  // The summary. Throws std::runtime_error when files failed, each of which has been told.
  static void report(const TransferSummary& tally, double seconds, const char* verb,
                     const Output& output);
};

}  // namespace netlab
