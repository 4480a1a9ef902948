#include "protocol/lab/download_tree.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/escape.h"
#include "file/partial_file.h"
#include "file/path_state.h"
#include "protocol/lab/download_queue.h"
#include "protocol/lab/remote_directory.h"

namespace netlab {
namespace {

using Method = lab::Request::Method;

// A directory to fetch.
struct Branch {
  std::string remote;  // remote name; empty: the served directory itself
  std::string path;    // local path
  // Whether it was empty when it was reached, so that no file in it has to be looked for. A file
  // that appears later is not replaced (FileName::rename).
  bool was_empty;
  std::size_t depth = 0;  // below the directory that the user named

  std::size_t size() const { return remote.size() + path.size(); }
};

class TreeReceiver {
 public:
  TreeReceiver(const DownloadTree& request, TreeCheckpoint& checkpoint, LabClient& server,
               TransferContext& context)
      : request_(request),
        server_(server),
        context_(context),
        report_(request.events, checkpoint, context),
        files_(request.settings, checkpoint, server, context, report_) {}

  TransferSummary run() {
    if (look_at(request_.into).kind != PathState::Kind::directory)
      FileName::of(request_.into).make_directory();
    for (const std::string& name : request_.names) receive(name);
    files_.receive_replies(0);
    return report_.total();
  }

 private:
  static bool is_empty(const std::string& path) {
    std::error_code failed;
    return std::filesystem::is_empty(path, failed) && !failed;
  }

  // Fetches a file or directory that the user named.
  void receive(const std::string& name) {
    if (request_.recursive) {
      std::vector<Entry> entries;
      const auto rejection = list(name, entries);
      if (!rejection)
        receive_tree(name, std::move(entries));
      else if (rejection->code != lab::not_a_directory)
        files_.fail_rejected(name, *rejection);
      if (!rejection || rejection->code != lab::not_a_directory) return;
    }
    files_.receive_replies(0);
    server_.set_deadline(context_.deadline());
    server_.queue_request({.method = Method::stat, .name = name});
    const lab::Reply reply = server_.reply();
    if (const auto* const rejection = std::get_if<lab::ErrorReply>(&reply)) {
      files_.fail_rejected(name, *rejection);
      return;
    }
    const auto& found = std::get<lab::FileReply>(reply);
    const Entry entry{.name = last_part(name),
                      .size = found.size,
                      .modified = found.modified.value_or(0),
                      .executable = found.executable};
    const std::size_t end = name.rfind('/');
    receive_or_fail({end == std::string::npos ? "" : name.substr(0, end), request_.into, false},
                    entry);
    files_.receive_existing();
  }

  // Reads the entries of a remote directory; returns the error if it cannot be listed.
  std::optional<lab::ErrorReply> list(const std::string& name, std::vector<Entry>& entries) {
    files_.receive_replies(0);
    server_.set_deadline(context_.deadline());
    server_.queue_request({.method = Method::list, .name = name.empty() ? "." : name});
    const lab::Reply reply = server_.reply();
    if (const auto* const rejection = std::get_if<lab::ErrorReply>(&reply)) return *rejection;
    if (const auto rejection = read_entries(server_, name, context_, entries))
      files_.fail_rejected(name, *rejection);  // the entries before the error are fetched
    return std::nullopt;
  }

  void receive_tree(const std::string& name, std::vector<Entry> entries) {
    const std::string last = last_part(name);
    std::vector<Branch> branches;
    if (last.empty())
      receive_entries({name == "." ? "" : name, request_.into, is_empty(request_.into)},
                      std::move(entries), branches);
    else if (const auto branch = make_branch({name, request_.into + "/" + last, false}))
      receive_entries(*branch, std::move(entries), branches);
    while (!branches.empty()) {
      const Branch next = std::move(branches.back());
      branches.pop_back();
      held_bytes_ -= next.size();
      std::vector<Entry> inner;
      if (const auto rejection = list(next.remote, inner))
        files_.fail_rejected(next.remote, *rejection);
      else if (const auto branch = make_branch(next))
        receive_entries(*branch, std::move(inner), branches);
    }
  }

  std::optional<Branch> make_branch(Branch branch) {
    try {
      const FileName directory = FileName::of(branch.path);
      if (look_at(branch.path).kind != PathState::Kind::directory) directory.make_directory();
      branch.was_empty = is_empty(branch.path);
      return branch;
    } catch (const SystemError& error) {
      report_.fail(error);
      return std::nullopt;
    }
  }

  void receive_entries(const Branch& branch, std::vector<Entry> entries,
                       std::vector<Branch>& branches) {
    // While "x" is received it is written to "x.part". A remote file that is really called "x.part"
    // is therefore fetched after "x", and "x.part.part" after that.
    const auto partials = std::partition(entries.begin(), entries.end(), [](const Entry& entry) {
      return !is_named_as_partial(entry.name);
    });
    std::ranges::sort(partials, entries.end(), {}, &Entry::name);
    for (const Entry& entry : entries) {
      if (is_named_as_partial(entry.name)) files_.receive_existing();
      if (entry.kind == Entry::Kind::file)
        receive_or_fail(branch, entry);
      else if (entry.kind == Entry::Kind::directory && branch.depth == max_depth)
        report_.fail(ProtocolError(fmt::format("{}: more than {} directories deep",
                                               escaped(remote_name(branch, entry)), max_depth)));
      else if (entry.kind == Entry::Kind::directory)
        push_branch(
            {remote_name(branch, entry), branch.path + "/" + entry.name, false, branch.depth + 1},
            branches);
      else
        report_.skip();
    }
    files_.receive_existing();
  }

  void push_branch(Branch branch, std::vector<Branch>& branches) {
    held_bytes_ += branch.size();
    branches.push_back(std::move(branch));
    check_bounded(branches.size(), held_bytes_, branches.front().remote);
  }

  static std::string remote_name(const Branch& branch, const Entry& entry) {
    return branch.remote.empty() ? entry.name : branch.remote + "/" + entry.name;
  }

  void receive_or_fail(const Branch& branch, const Entry& entry) {
    try {
      receive_file(branch, entry);
    } catch (const SystemError& error) {  // the local directory is unusable
      if (is_of_network(error) || is_of_disk(error)) throw;
      report_.fail(error);
    }
  }

  void receive_file(const Branch& branch, const Entry& entry) {
    if (directory_path_ != branch.path) {
      directory_.emplace(branch.path, Directory::Bounds::anywhere);
      directory_path_ = branch.path;
    }
    files_.receive(remote_name(branch, entry), directory_->file_name(entry.name), entry,
                   branch.was_empty);
  }

  const DownloadTree& request_;
  LabClient& server_;
  TransferContext& context_;
  TreeReport report_;
  DownloadQueue files_;
  std::optional<Directory> directory_;  // the local directory last used, open
  std::string directory_path_;
  std::size_t held_bytes_ = 0;  // names of the directories still to be fetched
};

}  // namespace

TransferSummary download_tree(const DownloadTree& request, TreeCheckpoint& checkpoint,
                              LabClient& server, TransferContext& context) {
  return TreeReceiver(request, checkpoint, server, context).run();
}

}  // namespace netlab
