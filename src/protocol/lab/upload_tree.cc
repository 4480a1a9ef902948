#include "protocol/lab/upload_tree.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "base/error.h"
#include "base/escape.h"
#include "file/directory.h"
#include "file/partial_file.h"
#include "file/path_state.h"
#include "protocol/lab/remote_directory.h"
#include "protocol/lab/remote_file.h"
#include "protocol/transfer/compare_blocks.h"
#include "protocol/transfer/rate_limit.h"
#include "protocol/transfer/remote_file.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

using Method = lab::Request::Method;

// At most this many bytes of replies are outstanding. They must fit into the socket buffers, or
// both ends could block on sending: a deadlock.
constexpr std::size_t max_reply_bytes = 32 * 1024;
// The most bytes of a reply beyond the request's, which has the name.
constexpr std::size_t max_reply_overhead = 160;
// A file of at most this many bytes is read whole and sent together with others.
constexpr std::uint64_t small_file = 32 * 1024;
// Queued bytes that are sent at once.
constexpr std::size_t send_size = 64 * 1024;

// A directory to send.
struct SentDirectory {
  std::string path;       // local path
  std::string remote;     // remote name
  std::size_t depth = 0;  // below the directory that the user named
};

// A file to send, or one whose reply is outstanding.
struct Pending {
  std::string path;
  std::string remote;
  std::uint64_t size;
  std::size_t reply_bytes = 0;  // the most bytes its reply can have
  bool is_complete = false;     // the remote size and modification time are the same
};

class TreeSender {
 public:
  TreeSender(UploadTree& request, LabClient& server, Network& network)
      : request_(request),
        settings_(request.sending),
        server_(server),
        network_(network),
        limiter_(settings_.limit_rate, network) {}

  TransferSummary run() {
    try {
      make_target_directory();
      for (const std::string& path : request_.paths) send(path);
      receive_replies(0);
    } catch (...) {
      request_.earlier.add_earlier(summary_);
      throw;
    }
    summary_.add_earlier(request_.earlier);
    return summary_;
  }

 private:
  // Creates the remote directory that everything is sent to, with its parents.
  void make_target_directory() {
    for (std::size_t end = 0; end != std::string::npos && request_.into != ".";) {
      end = request_.into.find('/', end + 1);
      restart_timeout();
      server_.find({.method = Method::mkdir, .name = request_.into.substr(0, end)});
    }
  }

  // Remote entries by name.
  using Entries = std::unordered_map<std::string, Entry>;

  void restart_timeout() {
    server_.set_deadline(add_saturating(network_.now(), settings_.response_timeout));
  }

  void fail(const std::string& why) {
    ++summary_.failed;
    if (request_.failed) request_.failed(why);
  }

  // For a file that another transfer is writing to.
  void fail_busy(const std::string& why) {
    ++summary_.busy;
    if (request_.failed) request_.failed(why);
  }

  // Throws if every other file would be rejected too.
  void fail_refused(const std::string& remote, const lab::ErrorReply& refusal) {
    if (refusal.code == lab::read_only || refusal.code == lab::no_room)
      LabClient::throw_error_reply(remote, refusal);
    const std::string why = escaped(remote) + ": " + escaped_start(refusal.text);
    if (refusal.code == lab::busy)
      fail_busy(why);
    else
      fail(why);
  }

  // Sends a file or directory that the user named.
  void send(const std::string& path) {
    const PathState state = look_at(path);
    const std::string name = request_.as.value_or(last_part(path));
    if (state.kind != PathState::Kind::directory) {
      send_one({path, joined(request_.into, name), 0});
    } else if (!request_.recursive) {
      fail(path + ": Is a directory (--recursive sends it)");
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
        fail(error.what());
      }
    }
  }

  // Creates the remote directory if absent and returns its entries. Returns nothing, and reports
  // the failure, if the server rejects either request.
  std::optional<Entries> make_and_list(const std::string& remote) {
    receive_replies(0);
    restart_timeout();
    const bool is_top = remote == ".";
    if (!is_top) server_.queue_request({.method = Method::mkdir, .name = remote});
    server_.queue_request({.method = Method::list, .name = remote});
    std::optional<lab::Reply> made;
    if (!is_top) made = server_.reply();
    const lab::Reply listed = server_.reply();
    std::vector<Entry> listed_entries;
    if (std::holds_alternative<lab::FileReply>(listed))
      read_entries(server_, remote, settings_.response_timeout, network_, listed_entries);
    for (const lab::Reply& reply : {made.value_or(listed), listed}) {
      if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply)) {
        fail_refused(remote, *refusal);
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
    std::vector<Pending> postponed;
    while (const auto entry = listing.next()) {
      try {
        send_entry(branch, directory, *entry, remote_entries, branches, postponed);
      } catch (const SystemError& error) {  // unreadable, or removed meanwhile
        if (is_of_network(error)) throw;
        fail(error.what());
      }
    }
    std::ranges::sort(postponed, {}, &Pending::path);  // "x" before "x.part"
    for (const Pending& file : postponed) send_one(file);
  }

  void send_entry(const SentDirectory& branch, const Directory& directory, const Entry& entry,
                  const Entries& remote_entries, std::vector<SentDirectory>& branches,
                  std::vector<Pending>& postponed) {
    Pending file{branch.path + "/" + entry.name, joined(branch.remote, entry.name), entry.size};
    file.is_complete = is_complete(entry, file.remote, remote_entries);
    if (entry.kind == Entry::Kind::directory && branch.depth == max_depth) {
      fail(fmt::format("{}: more than {} directories deep", file.path, max_depth));
    } else if (entry.kind == Entry::Kind::directory) {
      branches.push_back({file.path, file.remote, branch.depth + 1});
    } else if (entry.kind != Entry::Kind::file) {
      ++summary_.skipped;
    } else if (file.is_complete && !settings_.verify) {
      ++summary_.complete;
    } else {
      expected_ += entry.size;
      // While the server receives "x" it writes to "x.part". A local file that is really called
      // "x.part" is therefore sent after "x".
      const bool is_small =
          entry.size <= small_file && !settings_.verify && !is_named_as_partial(entry.name);
      if (is_small && !remote_entries.contains(entry.name + ".part"))
        send_small(directory, entry, file);
      else
        postponed.push_back(file);
    }
  }

  // The same heuristic as rsync(1): equal size and modification time.
  bool is_complete(const Entry& entry, const std::string& remote,
                   const Entries& remote_entries) const {
    const auto found = remote_entries.find(entry.name);
    return request_.attempts.may_be_complete(remote) && found != remote_entries.end() &&
           found->second.kind == Entry::Kind::file && found->second.size == entry.size &&
           found->second.modified == entry.modified;
  }

  void send_small(const Directory& directory, const Entry& entry, const Pending& file) {
    const auto whole = read_whole(directory, entry.name, file.path);
    if (!whole) {  // it has grown, or is changing
      send_one(file);
      return;
    }
    const auto& [state, bytes] = *whole;
    const lab::Request put{.method = Method::put,
                           .name = file.remote,
                           .size = state.size,
                           .modified = state.modified,
                           .executable = state.executable,
                           .durable = settings_.durable};
    server_.queue_request(put);
    server_.append_body(bytes);
    pending_.push_back(
        {file.path, file.remote, state.size, lab::emit(put).size() + max_reply_overhead});
    reply_bytes_ += pending_.back().reply_bytes;
    if (server_.unsent() >= send_size) {
      restart_timeout();
      server_.flush();
    }
    if (reply_bytes_ >= max_reply_bytes) receive_replies(max_reply_bytes / 2);
    add_progress(state.size);
  }

  // Reads a small file and its status. Returns nothing if the file is too large, or changed while
  // it was read.
  static std::optional<std::pair<FileStatus, std::string>> read_whole(const Directory& directory,
                                                                      const std::string& name,
                                                                      const std::string& path) {
    const Fd file = directory.open(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    const FileStatus state = FileStatus::of(file, path);
    if (state.size > small_file) return std::nullopt;
    std::string bytes(state.size, '\0');
    const auto into = std::as_writable_bytes(std::span(bytes));
    const std::size_t got = call::read_all_at(file.get(), into, 0, path);
    if (got < bytes.size() || FileStatus::of(file, path).tag != state.tag) return std::nullopt;
    return std::pair(state, std::move(bytes));
  }

  // Receives replies until at most `max_bytes` of them are outstanding.
  void receive_replies(std::size_t max_bytes) {
    while (!pending_.empty() && reply_bytes_ > max_bytes) {
      const Pending file = std::move(pending_.front());
      pending_.pop_front();
      reply_bytes_ -= file.reply_bytes;
      const lab::Reply reply = server_.reply_to_upload(settings_.response_timeout, network_);
      if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply))
        fail_refused(file.remote, *refusal);
      else
        count(file, file.size);
    }
  }

  // Compares the server's copy by its hashes. Sends a notice if it differs.
  bool is_identical(const Pending& file) {
    const Fd local =
        Directory(".", Directory::Bounds::anywhere).open(file.path, O_RDONLY | O_NONBLOCK);
    const auto remote = lab_file(server_, file.remote);
    const auto same = matching_prefix({local, file.path}, file.size, *remote, "",
                                      settings_.response_timeout, network_);
    if (same == file.size) return true;
    if (settings_.notice)
      settings_.notice(
          fmt::format("sending {} again: the server's copy differs", escaped(file.path)));
    return false;
  }

  void count(const Pending& file, std::uint64_t bytes) {
    ++summary_.files;
    request_.attempts.finished(file.remote);
    if (request_.sent) request_.sent(file.path, bytes);
  }

  void add_progress(std::uint64_t bytes) {
    done_ += bytes;
    summary_.bytes += bytes;
    if (settings_.progress) settings_.progress(done_, std::max(done_, expected_));
    limiter_.account(bytes);
  }

  // Sends one file by an Upload: a large file, or one that the server may have a part of.
  void send_one(const Pending& file) {
    receive_replies(0);
    std::optional<std::uint64_t> last;
    Upload upload{.path = file.path, .name = file.remote, .sending = settings_};
    upload.sending.restart = request_.attempts.restarts(file.remote);
    request_.attempts.began(file.remote);
    upload.sending.progress = [&](std::uint64_t done, std::uint64_t size) {
      if (!last) expected_ -= std::min(expected_, done);  // sent earlier
      const std::uint64_t more = done - last.value_or(done);
      last = done;
      done_ += more;
      summary_.bytes += more;
      if (settings_.progress) settings_.progress(done_, std::max(done_ + size - done, expected_));
    };
    try {
      if (file.is_complete && is_identical(file)) {
        ++summary_.complete;
        return;
      }
      const Upload::Outcome outcome = upload.run(server_, network_);
      count(file, outcome.sent);
    } catch (const ConnectionEnded&) {
      throw;
    } catch (const TemporaryError& error) {
      fail_busy(error.what());
      server_.drop();
    } catch (const ProtocolError& error) {
      fail(error.what());
      server_.drop();  // its state is unknown
    } catch (const SystemError& error) {
      if (is_of_network(error)) throw;
      fail(error.what());
      server_.drop();
    }
  }

  UploadTree& request_;
  const UploadSettings& settings_;
  LabClient& server_;
  Network& network_;
  RateLimiter limiter_;
  TransferSummary summary_;
  std::deque<Pending> pending_;
  std::size_t reply_bytes_ = 0;  // bytes of replies outstanding, at most
  std::uint64_t done_ = 0;       // bytes sent of all files
  std::uint64_t expected_ = 0;   // bytes of all files known so far
};

}  // namespace

TransferSummary UploadTree::run(LabClient& server, Network& network) {
  return TreeSender(*this, server, network).run();
}

}  // namespace netlab
