// netlab ftp ls: what is in a folder of the server.
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "base/error.h"
#include "base/escape.h"
#include "cli/command.h"
#include "command/shared/client_options.h"
#include "protocol/lab/client.h"

namespace netlab {
namespace {

// So many entries are sorted; those of a larger folder are shown as they come, for they need not
// fit into memory.
constexpr std::size_t most_sorted = 10'000;
constexpr std::uint64_t second = 1'000'000'000;  // in nanoseconds

std::string_view kind_text(const Entry& entry) {
  switch (entry.kind) {
    case Entry::Kind::file:
      return entry.executable ? "program" : "file";
    case Entry::Kind::folder:
      return "folder";
    case Entry::Kind::link:
      return "link";
    case Entry::Kind::other:
      break;
  }
  return "other";
}

// As people read it, here and now.
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
    connecting_.declare(options);
    connecting_.declare_carrier(options);
    options.positional("DIR", folder_, "the folder; left out: the one that is served");
  }

  ExitStatus run(const Output& output) override {
    const auto job = [&](const Connect& connect, Network& network, bool& repeatable) {
      list(connect, network, output, repeatable);
    };
    connecting_.run(job, output);
    return ExitStatus::done;
  }

 private:
  void list(const Connect& connect, Network& network, const Output& output, bool& repeatable) {
    LabConnection server(connect);
    const auto wait_anew = [&] { server.set_deadline(later(network.now(), connecting_.timeout)); };
    wait_anew();
    server.find({.method = lab::Request::Method::list, .name = folder_});
    std::vector<Entry> sorted;
    for (bool sorts = true;;) {
      wait_anew();
      lab::Item item = server.item();
      auto* const entry = std::get_if<Entry>(&item);
      if (const auto* const refusal = std::get_if<lab::Refusal>(&item))
        LabConnection::throw_refused(folder_, *refusal);
      if (entry && sorts) sorted.push_back(std::move(*entry));
      if (entry && sorts && sorted.size() < most_sorted) continue;
      if (sorts) {
        repeatable = false;
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
    output.announce({"entry",
                     fmt::format("{:<8}{:>14}  {}  {}", kind, size, local_time(entry.modified),
                                 escaped(entry.name)),
                     {{"name", entry.name},
                      {"kind", kind},
                      {"size", entry.size},
                      {"modified", utc_time(entry.modified)}}});
  }

  Connecting connecting_{5001};
  std::string folder_ = ".";
};

}  // namespace

std::unique_ptr<Action> ftp_ls() {
  return std::make_unique<FtpLs>();
}

}  // namespace netlab
