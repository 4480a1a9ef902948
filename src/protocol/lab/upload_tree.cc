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
#include "protocol/lab/remote_directory.h"
#include "protocol/lab/remote_file.h"
#include "protocol/transfer/compare_blocks.h"
#include "protocol/transfer/rate_limit.h"
#include "protocol/transfer/remote_file.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

using Method = lab::Request::Method;

// So many bytes of answers may be on their way: they have to fit into the buffers of the sockets,
// or both ends would wait for each other.
constexpr std::size_t max_unanswered = 32 * 1024;
// The words of an answer but the name.
constexpr std::size_t largest_answer = 160;
// A file of so many bytes or less is read whole, and leaves together with others.
constexpr std::uint64_t small_file = 32 * 1024;
constexpr std::size_t gather_size = 64 * 1024;

// A folder that is being sent.
struct SentFolder {
  std::string path;    // here
  std::string remote;  // there
  std::size_t depth = 0;
};

// A file whose answer has not come yet.
struct Pending {
  std::string path;
  std::string remote;
  std::uint64_t size;
  std::size_t answer = 0;  // its size at most, bytes
  bool is_there = false;   // by its size and time
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
      make_target();
      for (const std::string& path : request_.paths) send(path);
      take_answers(0);
    } catch (...) {
      request_.earlier.add_earlier(tally_);
      throw;
    }
    tally_.add_earlier(request_.earlier);
    return tally_;
  }

 private:
  // The folder that all goes into, and those that it is in.
  void make_target() {
    for (std::size_t end = 0; end != std::string::npos && request_.into != ".";) {
      end = request_.into.find('/', end + 1);
      restart_timeout();
      server_.find({.method = Method::mkdir, .name = request_.into.substr(0, end)});
    }
  }

  // By name.
  using Entries = std::unordered_map<std::string, Entry>;

  void restart_timeout() {
    server_.set_deadline(add_saturating(network_.now(), settings_.response_timeout));
  }

  void fail(const std::string& why) {
    ++tally_.failed;
    if (request_.failed) request_.failed(why);
  }

  // Another transfer writes to it.
  void fail_for_now(const std::string& why) {
    ++tally_.busy;
    if (request_.failed) request_.failed(why);
  }

  // Throws when the others would be refused as well.
  void fail_refused(const std::string& remote, const lab::ErrorReply& refusal) {
    if (refusal.code == lab::read_only || refusal.code == lab::no_room)
      LabClient::throw_error_reply(remote, refusal);
    const std::string why = escaped(remote) + ": " + escaped_start(refusal.text);
    if (refusal.code == lab::busy)
      fail_for_now(why);
    else
      fail(why);
  }

  // What the user named: a file, or a folder.
  void send(const std::string& path) {
    const PathState there = look_at(path);
    const std::string name = request_.as.value_or(last_part(path));
    if (there.kind != PathState::Kind::directory) {
      send_carefully({path, joined(request_.into, name), 0});
    } else if (!request_.recursive) {
      fail(path + ": Is a directory (--recursive sends it)");
    } else {
      std::string remote = name.empty() ? request_.into : joined(request_.into, name);
      while (remote.ends_with('/')) remote.pop_back();
      send_tree({path, remote});
    }
  }

  void send_tree(const SentFolder& top) {
    std::vector<SentFolder> branches{top};
    while (!branches.empty()) {
      const SentFolder branch = std::move(branches.back());
      branches.pop_back();
      try {
        if (const auto there = make_and_list(branch.remote)) send_entries(branch, *there, branches);
      } catch (const SystemError& error) {
        if (is_of_network(error)) throw;
        fail(error.what());
      }
    }
  }

  // What is in the folder there, which is made if need be; nothing, and it is told, when it can't
  // be had.
  std::optional<Entries> make_and_list(const std::string& remote) {
    take_answers(0);
    restart_timeout();
    const bool is_top = remote == ".";
    if (!is_top) server_.queue_request({.method = Method::mkdir, .name = remote});
    server_.queue_request({.method = Method::list, .name = remote});
    std::optional<lab::Reply> made;
    if (!is_top) made = server_.reply();
    const lab::Reply listed = server_.reply();
    std::vector<Entry> there;
    if (std::holds_alternative<lab::FileReply>(listed))
      take_entries(server_, remote, settings_.response_timeout, network_, there);
    for (const lab::Reply& reply : {made.value_or(listed), listed}) {
      if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply)) {
        fail_refused(remote, *refusal);
        return std::nullopt;
      }
    }
    Entries entries;
    for (Entry& entry : there) {
      std::string name = entry.name;
      entries.emplace(std::move(name), std::move(entry));
    }
    return entries;
  }

  void send_entries(const SentFolder& branch, const Entries& there,
                    std::vector<SentFolder>& branches) {
    const Directory directory(branch.path, Directory::Bounds::anywhere);
    DirectoryReader listing(directory, ".");
    std::vector<Pending> postponed;
    while (const auto entry = listing.next()) {
      try {
        send_entry(branch, directory, *entry, there, branches, postponed);
      } catch (const SystemError& error) {  // it can't be read, or has gone
        if (is_of_network(error)) throw;
        fail(error.what());
      }
    }
    std::ranges::sort(postponed, {}, &Pending::path);  // "x" before "x.part"
    for (const Pending& file : postponed) send_carefully(file);
  }

  void send_entry(const SentFolder& branch, const Directory& directory, const Entry& entry,
                  const Entries& there, std::vector<SentFolder>& branches,
                  std::vector<Pending>& postponed) {
    Pending file{branch.path + "/" + entry.name, joined(branch.remote, entry.name), entry.size};
    file.is_there = is_there(entry, file.remote, there);
    if (entry.kind == Entry::Kind::directory && branch.depth == max_depth) {
      fail(fmt::format("{}: more than {} folders deep", file.path, max_depth));
    } else if (entry.kind == Entry::Kind::directory) {
      branches.push_back({file.path, file.remote, branch.depth + 1});
    } else if (entry.kind != Entry::Kind::file) {
      ++tally_.skipped;
    } else if (file.is_there && !settings_.verify) {
      ++tally_.complete;
    } else {
      expected_ += entry.size;
      // "x.part" is where the server writes "x" until it is whole: one that is a file here comes
      // after it.
      const bool is_small =
          entry.size <= small_file && !settings_.verify && !is_named_as_partial(entry.name);
      if (is_small && !there.contains(entry.name + ".part"))
        send_small(directory, entry, file);
      else
        postponed.push_back(file);
    }
  }

  // As rsync(1) decides it: by size and time of modification.
  bool is_there(const Entry& entry, const std::string& remote, const Entries& there) const {
    const auto found = there.find(entry.name);
    return request_.attempts.may_be_complete(remote) && found != there.end() &&
           found->second.kind == Entry::Kind::file && found->second.size == entry.size &&
           found->second.modified == entry.modified;
  }

  void send_small(const Directory& directory, const Entry& entry, const Pending& file) {
    const auto whole = read_whole(directory, entry.name, file.path);
    if (!whole) {  // it has grown, or changes all the time
      send_carefully(file);
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
        {file.path, file.remote, state.size, lab::emit(put).size() + largest_answer});
    ahead_ += pending_.back().answer;
    if (server_.unsent() >= gather_size) {
      restart_timeout();
      server_.flush();
    }
    if (ahead_ >= max_unanswered) take_answers(max_unanswered / 2);
    moved(state.size);
  }

  // The bytes of a small file and the state that they all are of; nothing when there is none.
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

  // Until no more than so many bytes of them are awaited.
  void take_answers(std::size_t left) {
    while (!pending_.empty() && ahead_ > left) {
      const Pending file = std::move(pending_.front());
      pending_.pop_front();
      ahead_ -= file.answer;
      const lab::Reply reply = server_.reply_to_upload(settings_.response_timeout, network_);
      if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply))
        fail_refused(file.remote, *refusal);
      else
        count(file, file.size);
    }
  }

  // What the server has of it, by the hashes. It is told when it is not; then it is sent.
  bool is_identical(const Pending& file) {
    const Fd local =
        Directory(".", Directory::Bounds::anywhere).open(file.path, O_RDONLY | O_NONBLOCK);
    const auto remote = lab_file(server_, file.remote);
    const auto same = matching_prefix({local, file.path}, file.size, *remote, "",
                                      settings_.response_timeout, network_);
    if (same == file.size) return true;
    if (settings_.notice)
      settings_.notice(fmt::format("{} differs from what the server has of it: it is sent again",
                                   escaped(file.path)));
    return false;
  }

  void count(const Pending& file, std::uint64_t bytes) {
    ++tally_.files;
    request_.attempts.finished(file.remote);
    if (request_.sent) request_.sent(file.path, bytes);
  }

  void moved(std::uint64_t bytes) {
    done_ += bytes;
    tally_.bytes += bytes;
    if (settings_.progress) settings_.progress(done_, std::max(done_, expected_));
    limiter_.account(bytes);
  }

  // A large file, or one of which something is there.
  void send_carefully(const Pending& file) {
    take_answers(0);
    std::optional<std::uint64_t> last;
    Upload upload{.path = file.path, .name = file.remote, .sending = settings_};
    upload.sending.restart = request_.attempts.restarts(file.remote);
    request_.attempts.began(file.remote);
    upload.sending.progress = [&](std::uint64_t done, std::uint64_t size) {
      if (!last) expected_ -= std::min(expected_, done);  // that is there already
      const std::uint64_t more = done - last.value_or(done);
      last = done;
      done_ += more;
      tally_.bytes += more;
      if (settings_.progress) settings_.progress(done_, std::max(done_ + size - done, expected_));
    };
    try {
      if (file.is_there && is_identical(file)) {
        ++tally_.complete;
        return;
      }
      const Upload::Outcome outcome = upload.run(server_, network_);
      count(file, outcome.sent);
    } catch (const ConnectionEnded&) {
      throw;
    } catch (const TemporaryError& error) {
      fail_for_now(error.what());
      server_.drop();
    } catch (const ProtocolError& error) {
      fail(error.what());
      server_.drop();  // it may be in the middle of something
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
  TransferSummary tally_;
  std::deque<Pending> pending_;
  std::size_t ahead_ = 0;  // bytes of answers that are awaited
  std::uint64_t done_ = 0;
  std::uint64_t expected_ = 0;
};

}  // namespace

TransferSummary UploadTree::run(LabClient& server, Network& network) {
  return TreeSender(*this, server, network).run();
}

}  // namespace netlab
