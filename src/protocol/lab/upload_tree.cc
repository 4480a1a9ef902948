#include "protocol/lab/upload_tree.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/escape.h"
#include "file/directory.h"
#include "file/partial_file.h"
#include "file/path_state.h"
#include "protocol/lab/pipeline.h"
#include "protocol/lab/remote_directory.h"
#include "protocol/lab/remote_file.h"
#include "protocol/transfer/compare_blocks.h"
#include "protocol/transfer/remediable_error.h"
#include "protocol/transfer/remote_file.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

using Method = lab::Request::Method;

// At most this many bytes of replies are outstanding.
constexpr std::size_t max_reply_bytes = 32 * 1024;
// A reply has at most this many bytes more than its request, because both have the name.
constexpr std::size_t max_reply_overhead = 160;
// Requests are sent once this many bytes are queued.
constexpr std::size_t send_size = 64 * 1024;

// A directory to send.
struct SentDirectory {
  std::string path;       // local path
  std::string remote;     // remote name
  std::size_t depth = 0;  // below the directory that the user named
};

// A file to send.
struct SentFile {
  std::string path;
  std::string remote;
  std::uint64_t size;
  bool is_complete = false;  // the remote size and modification time are the same
};

class TreeSender {
 public:
  TreeSender(const UploadTree& request, TreeCheckpoint& checkpoint, LabClient& server,
             TransferContext& context)
      : request_(request),
        checkpoint_(checkpoint),
        server_(server),
        context_(context),
        report_(request.events, checkpoint, context) {}

  TransferSummary run() {
    make_target_directory();
    for (const std::string& path : request_.paths) send(path);
    receive_replies(0);
    return report_.total();
  }

 private:
  // Creates the remote directory that everything is sent to, with its parents.
  void make_target_directory() {
    for (std::size_t end = 0; end != std::string::npos && request_.into != ".";) {
      end = request_.into.find('/', end + 1);
      server_.set_deadline(context_.deadline());
      server_.find({.method = Method::mkdir, .name = request_.into.substr(0, end)});
    }
  }

  // Remote entries by name.
  using Entries = std::unordered_map<std::string, Entry>;

  // Throws if every other file would be rejected too.
  void fail_rejected(const std::string& remote, const lab::ErrorReply& rejection) {
    if (rejection.code == lab::read_only || rejection.code == lab::no_room)
      LabClient::throw_error_reply(remote, rejection);
    const ProtocolError error(escaped(remote) + ": " + escaped_start(rejection.text));
    if (rejection.code == lab::busy)
      report_.fail_busy(error);
    else
      report_.fail(error);
  }

  // Sends a file or directory that the user named.
  void send(const std::string& path) {
    const PathState state = look_at(path);
    const std::string name = request_.as.value_or(last_part(path));
    if (state.kind != PathState::Kind::directory) {
      send_one({path, joined(request_.into, name), 0});
    } else if (!request_.recursive) {
      report_.fail(RemediableError(path + ": Is a directory", Remedy::recursive));
    } else {
      std::string remote = name.empty() ? request_.into : joined(request_.into, name);
      while (remote.ends_with('/')) remote.pop_back();
      send_tree({path, remote});
    }
  }

  void send_tree(const SentDirectory& top) {
    std::vector<SentDirectory> branches{top};
    while (!branches.empty()) {
      const SentDirectory branch = std::move(branches.back());
      branches.pop_back();
      try {
        if (const auto remote_entries = make_and_list(branch.remote))
          send_entries(branch, *remote_entries, branches);
      } catch (const SystemError& error) {
        if (is_of_network(error)) throw;
        report_.fail(error);
      }
    }
  }

  // Creates the remote directory if absent and returns its entries. Returns nothing, and reports
  // the failure, if the server rejects either request.
  std::optional<Entries> make_and_list(const std::string& remote) {
    receive_replies(0);
    server_.set_deadline(context_.deadline());
    const bool is_top = remote == ".";
    if (!is_top) server_.queue_request({.method = Method::mkdir, .name = remote});
    server_.queue_request({.method = Method::list, .name = remote});
    std::optional<lab::Reply> made;
    if (!is_top) made = server_.reply();
    const lab::Reply listed = server_.reply();
    std::vector<Entry> listed_entries;
    if (std::holds_alternative<lab::FileReply>(listed))
      read_entries(server_, remote, context_, listed_entries);
    for (const lab::Reply& reply : {made.value_or(listed), listed}) {
      if (const auto* const rejection = std::get_if<lab::ErrorReply>(&reply)) {
        fail_rejected(remote, *rejection);
        return std::nullopt;
      }
    }
    Entries entries;
    for (Entry& entry : listed_entries) {
      std::string name = entry.name;
      entries.emplace(std::move(name), std::move(entry));
    }
    return entries;
  }

  void send_entries(const SentDirectory& branch, const Entries& remote_entries,
                    std::vector<SentDirectory>& branches) {
    const Directory directory(branch.path, Directory::Bounds::anywhere);
    DirectoryReader listing(directory, ".");
    std::vector<SentFile> postponed;
    while (const auto entry = listing.next()) {
      try {
        send_entry(branch, directory, *entry, remote_entries, branches, postponed);
      } catch (const SystemError& error) {  // unreadable, or removed meanwhile
        if (is_of_network(error)) throw;
        report_.fail(error);
      }
    }
    std::ranges::sort(postponed, {}, &SentFile::path);  // "x" before "x.part"
    for (const SentFile& file : postponed) send_one(file);
  }

  void send_entry(const SentDirectory& branch, const Directory& directory, const Entry& entry,
                  const Entries& remote_entries, std::vector<SentDirectory>& branches,
                  std::vector<SentFile>& postponed) {
    SentFile file{branch.path + "/" + entry.name, joined(branch.remote, entry.name), entry.size};
    file.is_complete = is_complete(entry, file.path, remote_entries);
    if (entry.kind == Entry::Kind::directory && branch.depth == max_depth) {
      report_.fail(
          ProtocolError(fmt::format("{}: more than {} directories deep", file.path, max_depth)));
    } else if (entry.kind == Entry::Kind::directory) {
      branches.push_back({file.path, file.remote, branch.depth + 1});
    } else if (entry.kind != Entry::Kind::file) {
      report_.skip();
    } else if (file.is_complete && !request_.settings.verify) {
      report_.complete(file.path);
    } else {
      report_.expect(entry.size);
      // While the server receives "x" it writes to "x.part". A local file that is really called
      // "x.part" is therefore sent after "x".
      const bool is_small = entry.size <= lab::small_file && !request_.settings.verify &&
                            !is_named_as_partial(entry.name);
      if (is_small && !remote_entries.contains(entry.name + ".part"))
        send_small(directory, entry, file);
      else
        postponed.push_back(file);
    }
  }

  bool is_complete(const Entry& entry, const std::string& path,
                   const Entries& remote_entries) const {
    const auto found = remote_entries.find(entry.name);
    return checkpoint_.may_be_complete(path) && found != remote_entries.end() &&
           passes_quick_check(found->second, entry.size, entry.modified);
  }

  void send_small(const Directory& directory, const Entry& entry, const SentFile& file) {
    const auto whole = read_whole(directory, entry.name, file.path);
    if (!whole) {  // it has grown, or is changing
      send_one(file);
      return;
    }
    const auto& [status, bytes] = *whole;
    const lab::Request put{.method = Method::put,
                           .name = file.remote,
                           .size = status.size,
                           .modified = status.modified,
                           .executable = status.executable,
                           .durable = request_.settings.durable};
    server_.queue_request(put);
    server_.append_body(bytes);
    pending_.push({file.path, file.remote, status.size},
                  lab::emit(put).size() + max_reply_overhead);
    if (server_.unsent() >= send_size) {
      server_.set_deadline(context_.deadline());
      server_.flush();
    }
    if (pending_.bytes() >= max_reply_bytes) receive_replies(max_reply_bytes / 2);
    report_.advance(status.size);
  }

  // Reads a small file and its status. Returns nothing if the file is too large, or changed while
  // it was read.
  static std::optional<std::pair<FileStatus, std::string>> read_whole(const Directory& directory,
                                                                      const std::string& name,
                                                                      const std::string& path) {
    const Fd file = directory.open(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    const FileStatus status = FileStatus::of(file, path);
    if (status.size > lab::small_file) return std::nullopt;
    std::string bytes(status.size, '\0');
    const auto into = std::as_writable_bytes(std::span(bytes));
    const std::size_t got = call::read_all_at(file.get(), into, 0, path);
    if (got < bytes.size() || FileStatus::of(file, path).tag != status.tag) return std::nullopt;
    return std::pair(status, std::move(bytes));
  }

  // Receives replies until at most `max_bytes` of them are outstanding.
  void receive_replies(std::size_t max_bytes) {
    while (const auto file = pending_.take_above(max_bytes)) {
      const lab::Reply reply = server_.reply_to_upload(context_);
      if (const auto* const rejection = std::get_if<lab::ErrorReply>(&reply))
        fail_rejected(file->remote, *rejection);
      else
        report_.transferred(file->path, file->size);
    }
  }

  // Compares the server's copy by its hashes. Sends a notice if it differs.
  bool is_identical(const SentFile& file) {
    const Fd local =
        Directory(".", Directory::Bounds::anywhere).open(file.path, O_RDONLY | O_NONBLOCK);
    const auto remote = lab_file(server_, file.remote);
    const auto same = matching_prefix({local, file.path}, file.size, *remote, "", context_);
    if (same == file.size) return true;
    context_.notice(fmt::format("sending {} again: the server's copy differs", escaped(file.path)));
    return false;
  }

  // Sends one file by upload(): a large file, or one that the server may have a part of.
  void send_one(const SentFile& file) {
    receive_replies(0);
    UploadCheckpoint checkpoint{.restart = checkpoint_.restarts(file.path)};
    TransferContext context = report_.context_of(file.path);
    try {
      if (file.is_complete && is_identical(file)) {
        report_.complete(file.path);
        return;
      }
      const UploadOutcome outcome =
          upload({file.path, file.remote, request_.settings}, checkpoint, server_, context);
      report_.transferred(file.path, outcome.sent);
    } catch (const ConnectionEnded&) {
      throw;
    } catch (const TemporaryError& error) {
      report_.fail_busy(error);
      server_.drop();
    } catch (const ProtocolError& error) {
      report_.fail(error);
      server_.drop();  // its state is unknown
    } catch (const SystemError& error) {
      if (is_of_network(error)) throw;
      report_.fail(error);
      server_.drop();
    }
  }

  const UploadTree& request_;
  TreeCheckpoint& checkpoint_;
  LabClient& server_;
  TransferContext& context_;
  TreeReport report_;
  Pipeline<SentFile> pending_;  // sent
};

}  // namespace

TransferSummary upload_tree(const UploadTree& request, TreeCheckpoint& checkpoint,
                            LabClient& server, TransferContext& context) {
  return TreeSender(request, checkpoint, server, context).run();
}

}  // namespace netlab
