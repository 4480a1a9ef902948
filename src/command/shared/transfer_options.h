// TransferOptions are the options that ftp get and ftp put share, and their reports of many files.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "command/shared/client_options.h"
#include "command/shared/retry.h"
#include "protocol/lab/tree_report.h"

namespace netlab {

// The message of an error, with the option that is its remedy
// (protocol/transfer/remediable_error.h). `verb` says what the option does: "fetches" or "sends".
std::string with_hint(const std::exception& error, const char* verb);

class TransferOptions {
 public:
  void declare(Options& options);

  bool recursive = false;
  bool verify = false;
  bool durable = false;
  std::uint64_t limit_rate = 0;

  // The context of one attempt.
  TransferContext context(const ClientOptions& client, Network& network, Attempt& attempt,
                          Progress& progress, const Output& output) const;

  // Throws std::invalid_argument if two of the paths would have the same name in one directory.
  static void check_distinct(const std::vector<std::string>& paths);

  // Prints each file that failed, and with --json each file that was transferred. `verb` as for
  // with_hint().
  static TreeEvents events(const char* verb, const Output& output);
  // Prints the summary. Throws std::runtime_error if files failed, each of which was reported.
  static void report(const TransferSummary& summary, double seconds, const char* verb,
                     const Output& output);
};

}  // namespace netlab
