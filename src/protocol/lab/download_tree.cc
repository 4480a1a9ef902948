#include "protocol/lab/download_tree.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/escape.h"
#include "file/partial_file.h"
#include "protocol/lab/download_queue.h"
#include "protocol/lab/remote_directory.h"

namespace netlab {
namespace {

using Method = lab::Request::Method;

// A folder that is being fetched.
struct Branch {
  std::string remote;  // its name there; empty: the one that is served
  std::string path;    // here
  bool is_new;         // nothing is in it that we did not put there
  std::size_t depth = 0;

  std::size_t size() const { return remote.size() + path.size(); }
};

class Receiver {
 public:
  Receiver(DownloadTree& request, LabClient& server, Network& network)
      : request_(request),
        settings_(request.receiving),
        server_(server),
        network_(network),
        files_(request, server, network) {}

  TransferSummary run() {
    if (look_at(request_.into).kind != PathState::Kind::directory)
      FileName::of(request_.into).make_directory();
    try {
      for (const std::string& name : request_.names) receive(name);
      files_.take_answers(0);
    } catch (...) {
      request_.earlier.add_earlier(files_.tally());
      throw;
    }
    TransferSummary tally = files_.tally();
    tally.add_earlier(request_.earlier);
    return tally;
  }

 private:
  void restart_timeout() {
    server_.set_deadline(add_saturating(network_.now(), settings_.response_timeout));
  }

  // What the user named: a file, or a folder.
  void receive(const std::string& name) {
    if (request_.recursive) {
      std::vector<Entry> entries;
      const auto refusal = list(name, entries);
      if (!refusal)
        receive_tree(name, std::move(entries));
      else if (refusal->code != lab::not_a_directory)
        files_.fail(error_text(name, *refusal));
      if (!refusal || refusal->code != lab::not_a_directory) return;
    }
    files_.take_answers(0);
    restart_timeout();
    server_.queue_request({.method = Method::stat, .name = name});
    const lab::Reply reply = server_.reply();
    if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply)) {
      files_.fail(error_text(name, *refusal));
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

  // What is in the folder; or why it can't be listed.
  std::optional<lab::ErrorReply> list(const std::string& name, std::vector<Entry>& entries) {
    files_.take_answers(0);
    restart_timeout();
    server_.queue_request({.method = Method::list, .name = name.empty() ? "." : name});
    const lab::Reply reply = server_.reply();
    if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply)) return *refusal;
    if (const auto refusal =
            take_entries(server_, name, settings_.response_timeout, network_, entries))
      files_.fail(error_text(name, *refusal));  // what came before it is fetched
    return std::nullopt;
  }

  void receive_tree(const std::string& name, std::vector<Entry> entries) {
    const std::string last = last_part(name);
    std::vector<Branch> branches;
    if (last.empty())
      receive_entries({name == "." ? "" : name, request_.into, false}, std::move(entries),
                      branches);
    else if (const auto branch = make_branch({name, request_.into + "/" + last, false}))
      receive_entries(*branch, std::move(entries), branches);
    while (!branches.empty()) {
      const Branch next = std::move(branches.back());
      branches.pop_back();
      held_ -= next.size();
      std::vector<Entry> inner;
      if (const auto refusal = list(next.remote, inner))
        files_.fail(error_text(next.remote, *refusal));
      else if (const auto branch = make_branch(next))
        receive_entries(*branch, std::move(inner), branches);
    }
  }

  std::optional<Branch> make_branch(Branch branch) {
    try {
      const FileName place = FileName::of(branch.path);
      branch.is_new = !place.status_of_link();
      if (branch.is_new || look_at(branch.path).kind != PathState::Kind::directory)
        place.make_directory();
      return branch;
    } catch (const SystemError& error) {
      files_.fail(error.what());
      return std::nullopt;
    }
  }

  void receive_entries(const Branch& branch, std::vector<Entry> entries,
                       std::vector<Branch>& branches) {
    // "x.part" is where "x" is written until it is whole: one that is a file there as well comes
    // after it, and "x.part.part" after that.
    const auto partials = std::partition(entries.begin(), entries.end(), [](const Entry& entry) {
      return !is_named_as_partial(entry.name);
    });
    std::ranges::sort(partials, entries.end(), {}, &Entry::name);
    for (const Entry& entry : entries) {
      if (is_named_as_partial(entry.name)) files_.receive_existing();
      if (entry.kind == Entry::Kind::file)
        receive_or_fail(branch, entry);
      else if (entry.kind == Entry::Kind::directory && branch.depth == max_depth)
        files_.fail(fmt::format("{}: more than {} folders deep",
                                escaped(remote_name(branch, entry)), max_depth));
      else if (entry.kind == Entry::Kind::directory)
        remember(
            {remote_name(branch, entry), branch.path + "/" + entry.name, false, branch.depth + 1},
            branches);
      else
        files_.skip();
    }
    files_.receive_existing();
  }

  void remember(Branch branch, std::vector<Branch>& branches) {
    held_ += branch.size();
    branches.push_back(std::move(branch));
    check_bounded(branches.size(), held_, branches.front().remote);
  }

  static std::string remote_name(const Branch& branch, const Entry& entry) {
    return branch.remote.empty() ? entry.name : branch.remote + "/" + entry.name;
  }

  void receive_or_fail(const Branch& branch, const Entry& entry) {
    try {
      receive_file(branch, entry);
    } catch (const SystemError& error) {  // the folder here can't be used
      if (is_of_network(error) || is_of_disk(error)) throw;
      files_.fail(error.what());
    }
  }

  void receive_file(const Branch& branch, const Entry& entry) {
    if (directory_path_ != branch.path) {
      directory_.emplace(branch.path, Directory::Bounds::anywhere);
      directory_path_ = branch.path;
    }
    const FileName place = directory_->place(entry.name);
    const std::string remote = remote_name(branch, entry);
    files_.receive(remote, place, entry, branch.is_new);
  }

  DownloadTree& request_;
  const DownloadSettings& settings_;
  LabClient& server_;
  Network& network_;
  DownloadQueue files_;
  std::optional<Directory> directory_;  // the one of directory_path_
  std::string directory_path_;
  std::size_t held_ = 0;  // bytes of the names of folders that are still to be fetched
};

}  // namespace

TransferSummary DownloadTree::run(LabClient& server, Network& network) {
  return Receiver(*this, server, network).run();
}

}  // namespace netlab
