#include "command/shared/transfer_options.h"

#include <fmt/core.h>

#include <stdexcept>
#include <unordered_map>

#include "base/escape.h"
#include "cli/progress.h"
#include "file/directory.h"

namespace netlab {
namespace {

std::string files_text(std::uint64_t count) {
  return fmt::format("{} file{}", count, count == 1 ? "" : "s");
}

}  // namespace

void TransferOptions::declare(Options& options) {
  options.group("Transfer");
  options.flag("-r,--recursive", recursive, "copy directories recursively");
  options.flag("--verify", verify, "compare hashes of the whole file afterwards");
  options.flag("--fsync", durable, "fsync files before reporting success");
  options.rate("--limit-rate", limit_rate, "maximum bytes per second, e.g. 500K or 5M");
}

void TransferOptions::check_distinct(const std::vector<std::string>& paths) {
  std::unordered_map<std::string, std::string> seen;
  for (const std::string& path : paths) {
    const std::string name = last_part(path);
    if (name.empty()) continue;  // the contents of the directory are sent
    const auto [other, is_new] = seen.emplace(name, path);
    if (!is_new)
      throw std::invalid_argument(
          fmt::format("'{}' and '{}' would both become {}", other->second, path, name));
  }
}

void TransferOptions::report_file(const std::string& path, std::uint64_t bytes,
                                  const Output& output) {
  if (output.json) output.event({"file", "", {{"path", path}, {"bytes", bytes}}});
}

void TransferOptions::report(const TransferSummary& tally, double seconds, const char* verb,
                             const Output& output) {
  std::string line = fmt::format("{} {}, {} in {:.3f} s", files_text(tally.files), verb,
                                 size_text(tally.bytes), seconds);
  if (tally.complete > 0) line += fmt::format("; {} already there", tally.complete);
  if (tally.skipped > 0)
    line += fmt::format("; {} skipped (neither files nor directories)", tally.skipped);
  if (tally.failed > 0) line += fmt::format("; {} failed", tally.failed);
  if (output.json)
    output.always({"done",
                   line,
                   {{"files", tally.files},
                    {"bytes", tally.bytes},
                    {"complete", tally.complete},
                    {"skipped", tally.skipped},
                    {"failed", tally.failed},
                    {"seconds", seconds}}});
  else
    output.note(line);
  if (tally.failed > 0) throw std::runtime_error(files_text(tally.failed) + " failed");
}

}  // namespace netlab
