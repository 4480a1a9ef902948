// netlab ftp ls: lists a directory of the server.
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "base/error.h"
#include "base/escape.h"
#include "cli/command.h"
#include "command/shared/run_client.h"
#include "protocol/lab/client.h"

namespace netlab {
namespace {

// At most this many entries are sorted. A larger directory is listed as it arrives, because it need
// not fit into memory.
constexpr std::size_t max_sorted = 10'000;
constexpr std::uint64_t second = 1'000'000'000;  // in nanoseconds

std::string_view kind_text(const Entry& entry) {
  switch (entry.kind) {
    case Entry::Kind::file:
      return entry.executable ? "program" : "file";
    case Entry::Kind::directory:
      return "folder";
    case Entry::Kind::link:
      return "link";
    case Entry::Kind::other:
      break;
  }
  return "other";
}

// In local time, for a person.
std::string local_time(std::uint64_t modified) {
  return fmt::format("{:%Y-%m-%d %H:%M}",
                     fmt::localtime(static_cast<std::time_t>(modified / second)));
}

// RFC 3339.
std::string utc_time(std::uint64_t modified) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z",
                     fmt::gmtime(static_cast<std::time_t>(modified / second)), modified % second);
}

class FtpLs : public Action {
 public:
  void declare(Options& options) override {
    client_.declare(options);
    client_.transport.declare(options);
    options.positional("DIR", directory_, "directory to list (default: the served directory)");
  }

  ExitStatus run(const Output& output) override {
    const auto job = [&](const Connect& connect, Network& network, Attempt& attempt) {
      list(connect, network, output, attempt);
    };
    run_client(client_, job, output);
    return ExitStatus::done;
  }

 private:
  void list(const Connect& connect, Network& network, const Output& output, Attempt& attempt) {
    LabClient server(connect);
    const auto restart_timeout = [&] {
      server.set_deadline(add_saturating(network.now(), client_.timeout));
    };
    restart_timeout();
    server.find({.method = lab::Request::Method::list, .name = directory_});
    std::vector<Entry> sorted;
    for (bool sorts = true;;) {
      restart_timeout();
      lab::Item item = server.item();
      auto* const entry = std::get_if<Entry>(&item);
      if (const auto* const refusal = std::get_if<lab::ErrorReply>(&item))
        LabClient::throw_error_reply(directory_, *refusal);
      if (entry && sorts) sorted.push_back(std::move(*entry));
      if (entry && sorts && sorted.size() < max_sorted) continue;
      if (sorts) {
        attempt.is_repeatable = false;
        if (!entry) std::ranges::sort(sorted, {}, &Entry::name);
        for (const Entry& each : sorted) show(each, output);
        sorts = false;
      } else if (entry) {
        show(*entry, output);
      }
      if (!entry) return;
    }
  }

  static void show(const Entry& entry, const Output& output) {
    const std::string kind(kind_text(entry));
    const std::string size = entry.kind == Entry::Kind::file ? std::to_string(entry.size) : "-";
    output.always({"entry",
                   fmt::format("{:<8}{:>14}  {}  {}", kind, size, local_time(entry.modified),
                               escaped(entry.name)),
                   {{"name", entry.name},
                    {"kind", kind},
                    {"size", entry.size},
                    {"modified", utc_time(entry.modified)}}});
  }

  ClientOptions client_{5001};
  std::string directory_ = ".";
};

}  // namespace

std::unique_ptr<Action> ftp_ls() {
  return std::make_unique<FtpLs>();
}

}  // namespace netlab
