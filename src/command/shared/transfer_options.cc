#include "command/shared/transfer_options.h"

#include <fmt/core.h>

#include <stdexcept>
#include <unordered_map>

#include "base/escape.h"
#include "cli/progress.h"
#include "file/directory.h"
#include "protocol/transfer/remediable_error.h"

namespace netlab {
namespace {

std::string files_text(std::uint64_t count) {
  return fmt::format("{} file{}", count, count == 1 ? "" : "s");
}

}  // namespace

std::string with_hint(const std::exception& error, const char* verb) {
  const auto* const remediable = dynamic_cast<const RemediableError*>(&error);
  if (!remediable) return error.what();
  switch (remediable->remedy()) {
    case Remedy::restart:
      return fmt::format("{}; --restart {} the whole file", error.what(), verb);
    case Remedy::recursive:
      return fmt::format("{} (--recursive {} it)", error.what(), verb);
  }
  return error.what();
}

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

TransferContext TransferOptions::context(const ClientOptions& client, Network& network,
                                         Attempt& attempt, Progress& progress,
                                         const Output& output) const {
  return {.network = network,
          .response_timeout = client.timeout,
          .limiter{limit_rate, network},
          .progress =
              [&](const TransferProgress& now) {
                if (now.moved > 0) attempt.made_progress = true;
                progress.update(now.done, now.size);
              },
          .notice = [&](const std::string& line) { output.note(line); }};
}

TreeEvents TransferOptions::events(const char* verb, const Output& output) {
  return {.transferred =
              [&](const std::string& path, std::uint64_t bytes) {
                if (output.json) output.event({"file", "", {{"path", path}, {"bytes", bytes}}});
              },
          .failed = [verb, &output](
                        const std::exception& error) { output.note(with_hint(error, verb)); }};
}

void TransferOptions::report(const TransferSummary& summary, double seconds, const char* verb,
                             const Output& output) {
  std::string line = fmt::format("{} {}, {} in {:.3f} s", files_text(summary.files), verb,
                                 size_text(summary.bytes), seconds);
  if (summary.complete > 0) line += fmt::format("; {} already complete", summary.complete);
  if (summary.skipped > 0)
    line += fmt::format("; {} skipped (neither files nor directories)", summary.skipped);
  if (summary.failed > 0) line += fmt::format("; {} failed", summary.failed);
  if (output.json)
    output.always({"done",
                   line,
                   {{"files", summary.files},
                    {"bytes", summary.bytes},
                    {"complete", summary.complete},
                    {"skipped", summary.skipped},
                    {"failed", summary.failed},
                    {"seconds", seconds}}});
  else
    output.note(line);
  if (summary.failed > 0) throw std::runtime_error(files_text(summary.failed) + " failed");
}

}  // namespace netlab
