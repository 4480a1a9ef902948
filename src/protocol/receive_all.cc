#include "protocol/receive_all.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>

#include "file/partial.h"
#include "protocol/escape.h"
#include "protocol/pace.h"
#include "protocol/remote_folder.h"
#include "socket/bytes.h"
#include "socket/error.h"

namespace netlab {
namespace {

using Method = lab::Request::Method;

// So many bytes of requests are sent ahead of their answers. They have to fit into the buffers of
// the sockets, or both ends would wait for each other.
constexpr std::size_t most_ahead = 16 * 1024;
constexpr std::size_t receive_size = 1024 * 1024;

// After these no further file can be written either.
bool is_of_disk(const SystemError& error) {
  return error.error() == ENOSPC || error.error() == EDQUOT || error.error() == EIO;
}

// A folder that is being fetched.
struct Branch {
  std::string remote;  // its name there; empty: the one that is served
  std::string path;    // here
  bool is_new;         // nothing is in it that we did not put there
  std::size_t depth = 0;
};

// A file that has been asked for.
struct Awaited {
  std::string remote;
  Place place;
  bool is_confirmed;      // a STAT behind its bytes tells whether it has changed meanwhile
  std::size_t asked = 0;  // bytes of the requests for it
};

class Receiver {
 public:
  Receiver(ReceiveAll& order, LabConnection& server, Network& network)
      : order_(order),
        with_(order.receiving),
        server_(server),
        network_(network),
        pace_(with_.limit_rate, network) {}

  Tally run() {
    if (look_at(order_.into).kind != PathState::Kind::folder) Place::of(order_.into).make_folder();
    for (const std::string& name : order_.names) receive(name);
    take_answers(0);
    return tally_;
  }

 private:
  void wait_anew() { server_.set_deadline(later(network_.now(), with_.silence)); }

  void fail(const std::string& why) {
    ++tally_.failed;
    if (order_.failed) order_.failed(why);
  }

  // What the user named: a file, or a folder.
  void receive(const std::string& name) {
    if (order_.recursive) {
      std::vector<Entry> entries;
      const auto refusal = list(name, entries);
      if (!refusal)
        receive_tree(name, std::move(entries));
      else if (refusal->code != lab::not_a_folder)
        fail(words_of(name, *refusal));
      if (!refusal || refusal->code != lab::not_a_folder) return;
    }
    take_answers(0);
    wait_anew();
    server_.ask({.method = Method::stat, .name = name});
    const lab::Reply reply = server_.reply();
    if (const auto* const refusal = std::get_if<lab::Refusal>(&reply)) {
      fail(words_of(name, *refusal));
      return;
    }
    const auto& found = std::get<lab::Found>(reply);
    const Entry entry{.name = last_part(name),
                      .size = found.size,
                      .modified = found.modified.value_or(0),
                      .executable = found.executable};
    const std::size_t end = name.rfind('/');
    receive_or_fail({end == std::string::npos ? "" : name.substr(0, end), order_.into, false},
                    entry);
    receive_postponed();
  }

  static std::string words_of(const std::string& name, const lab::Refusal& refusal) {
    const bool is_folder = refusal.code == lab::not_a_file && refusal.text == "Is a directory";
    return fmt::format("{}: {}{}", escaped(name), escaped_start(refusal.text),
                       is_folder ? " (--recursive fetches it)" : "");
  }

  // What is in the folder; or why it can't be listed.
  std::optional<lab::Refusal> list(const std::string& name, std::vector<Entry>& entries) {
    take_answers(0);
    wait_anew();
    server_.ask({.method = Method::list, .name = name.empty() ? "." : name});
    const lab::Reply reply = server_.reply();
    if (const auto* const refusal = std::get_if<lab::Refusal>(&reply)) return *refusal;
    if (const auto refusal = take_entries(server_, name, with_.silence, network_, entries))
      fail(words_of(name, *refusal));  // what came before it is fetched
    return std::nullopt;
  }

  void receive_tree(const std::string& name, std::vector<Entry> entries) {
    const std::string last = last_part(name);
    std::vector<Branch> branches;
    if (last.empty())
      receive_entries({name == "." ? "" : name, order_.into, false}, std::move(entries), branches);
    else if (const auto branch = make_branch({name, order_.into + "/" + last, false}))
      receive_entries(*branch, std::move(entries), branches);
    while (!branches.empty()) {
      const Branch next = std::move(branches.back());
      branches.pop_back();
      std::vector<Entry> inner;
      if (const auto refusal = list(next.remote, inner))
        fail(words_of(next.remote, *refusal));
      else if (const auto branch = make_branch(next))
        receive_entries(*branch, std::move(inner), branches);
      check_bounded(branches.size(), name);
    }
  }

  std::optional<Branch> make_branch(Branch branch) {
    try {
      const Place place = Place::of(branch.path);
      branch.is_new = !place.status_of_link();
      if (branch.is_new || look_at(branch.path).kind != PathState::Kind::folder)
        place.make_folder();
      return branch;
    } catch (const SystemError& error) {
      fail(error.what());
      return std::nullopt;
    }
  }

  void receive_entries(const Branch& branch, std::vector<Entry> entries,
                       std::vector<Branch>& branches) {
    // "x.part" is where "x" is written until it is whole: one that is a file there as well comes
    // after it, and "x.part.part" after that.
    const auto partials = std::ranges::partition(
        entries, [](const Entry& entry) { return !is_named_as_partial(entry.name); });
    std::ranges::sort(partials, {}, &Entry::name);
    for (const Entry& entry : entries) {
      if (is_named_as_partial(entry.name)) receive_postponed();
      if (entry.kind == Entry::Kind::file)
        receive_or_fail(branch, entry);
      else if (entry.kind == Entry::Kind::folder && branch.depth == most_depth)
        fail(fmt::format("{}: more than {} folders deep", escaped(remote_name(branch, entry)),
                         most_depth));
      else if (entry.kind == Entry::Kind::folder)
        branches.push_back(
            {remote_name(branch, entry), branch.path + "/" + entry.name, false, branch.depth + 1});
      else
        ++tally_.skipped;
    }
    receive_postponed();
  }

  static std::string remote_name(const Branch& branch, const Entry& entry) {
    return branch.remote.empty() ? entry.name : branch.remote + "/" + entry.name;
  }

  void receive_or_fail(const Branch& branch, const Entry& entry) {
    try {
      receive_file(branch, entry);
    } catch (const SystemError& error) {  // the folder here can't be used
      if (is_of_network(error) || is_of_disk(error)) throw;
      fail(error.what());
    }
  }

  void receive_file(const Branch& branch, const Entry& entry) {
    if (folder_path_ != branch.path) {
      folder_.emplace(branch.path, Folder::Bounds::anywhere);
      folder_path_ = branch.path;
    }
    const Place place = folder_->place(entry.name);
    const std::string remote = remote_name(branch, entry);
    expected_ += entry.size;
    if (!branch.is_new) {
      const auto there = place.status_of_link();
      if (there && order_.attempts.may_be_complete(place.path()) && is_same(entry, *there)) {
        ++tally_.complete;
        expected_ -= entry.size;
        return;
      }
      if (there || Partial::part_of(place).status_of_link()) {
        postponed_.push_back({remote, place, true});
        return;
      }
    }
    if (with_.verify)
      postponed_.push_back({remote, place, true});
    else
      ask({remote, place, entry.size > lab::small_file});
  }

  // As rsync(1) decides it: by size and time of modification.
  static bool is_same(const Entry& entry, const struct stat& there) {
    const FileState state(there);
    return S_ISREG(there.st_mode) && entry.size == state.size && entry.modified == state.modified;
  }

  void ask(Awaited file) {
    const std::size_t before = server_.unsent();
    server_.ask({.name = file.remote});
    if (file.is_confirmed) server_.ask({.method = Method::stat, .name = file.remote});
    file.asked = server_.unsent() - before;
    asked_bytes_ += file.asked;
    awaited_.push_back(std::move(file));
    if (asked_bytes_ >= most_ahead) take_answers(most_ahead / 2);
  }

  // Until no more than so many bytes of requests have no answer.
  void take_answers(std::size_t left) {
    while (!awaited_.empty() && asked_bytes_ > left) {
      const Awaited file = std::move(awaited_.front());
      awaited_.pop_front();
      asked_bytes_ -= file.asked;
      take_answer(file);
    }
  }

  void take_answer(const Awaited& file) {
    wait_anew();
    const lab::Reply reply = server_.reply();
    if (const auto* const refusal = std::get_if<lab::Refusal>(&reply)) {
      fail(words_of(file.remote, *refusal));
      if (file.is_confirmed) server_.reply();
      return;
    }
    const auto& found = std::get<lab::Found>(reply);
    if (found.offset != 0)
      throw ProtocolError("the server answers for another offset than was asked for");
    try {
      if (found.size <= lab::small_file)
        take_small(file, found);
      else if (!file.is_confirmed)
        ask_confirmed(file);
      else
        take_large(file, found);
    } catch (const SystemError& error) {
      if (is_of_network(error) || is_of_disk(error)) throw;
      fail(error.what());
      if (left_ > 0) ask_anew();
    }
  }

  // It has grown since it was listed.
  void ask_confirmed(const Awaited& file) {
    awaited_.push_front({file.remote, file.place, true});
    ask_anew();
  }

  // The rest of a file is not wanted: what else was asked for comes on a new connection.
  void ask_anew() {
    server_.drop();
    asked_bytes_ = 0;
    for (Awaited& file : std::exchange(awaited_, {})) ask(std::move(file));
  }

  Finish finish_of(const lab::Found& found) const {
    Finish finish{.modified = found.modified, .durable = with_.durable};
    if (found.modified) finish.executable = found.executable;
    return finish;
  }

  void take_small(const Awaited& file, const lab::Found& found) {
    left_ = found.size;
    const std::string bytes = server_.reader().read_exact(left_);
    left_ = 0;
    if (!confirm(file, found)) return;
    write_whole(file.place, bytes_of(bytes), order_.attempts.restart, finish_of(found));
    order_.attempts.finished(file.place.path());
    count(file, found.size);
    moved(found.size);
  }

  void take_large(const Awaited& file, const lab::Found& found) {
    left_ = found.size;
    Partial partial = Partial::create(file.place, order_.attempts.restart);
    partial.start(0, found.tag);
    order_.attempts.began(file.place.path());
    while (left_ > 0) {
      wait_anew();
      const std::size_t got =
          server_.reader().receive_file(partial.file(), partial.path(),
                                        pace_.piece(std::min<std::uint64_t>(receive_size, left_)));
      if (got == 0)
        throw ConnectionEnded(fmt::format("the server ended the connection after {} of {} bytes",
                                          found.size - left_, found.size));
      left_ -= got;
      moved(got);
    }
    if (!confirm(file, found)) return;
    partial.complete(finish_of(found));
    order_.attempts.finished(file.place.path());
    count(file, found.size);
  }

  // False: it was changed while it was sent, which has been told.
  bool confirm(const Awaited& file, const lab::Found& found) {
    if (!file.is_confirmed) return true;
    wait_anew();
    const lab::Reply reply = server_.reply();
    const auto* const now = std::get_if<lab::Found>(&reply);
    if (now && now->tag == found.tag) return true;
    fail(escaped(file.remote) + " has changed while it was sent");
    return false;
  }

  void moved(std::uint64_t bytes) {
    done_ += bytes;
    if (with_.progress) with_.progress(done_, std::max(done_, expected_));
    pace_.moved(bytes);
  }

  void count(const Awaited& file, std::uint64_t bytes) {
    ++tally_.files;
    tally_.bytes += bytes;
    if (order_.received) order_.received(file.place.path(), bytes);
  }

  // Of these something is there: what that is has to be found out first.
  void receive_postponed() {
    if (postponed_.empty()) return;
    take_answers(0);
    for (const Awaited& file : std::exchange(postponed_, {})) receive_carefully(file);
  }

  void receive_carefully(const Awaited& file) {
    const std::uint64_t before = done_;
    Download download{.mode = order_.attempts.restarts(file.place.path())
                                  ? Download::Mode::restart
                                  : Download::Mode::automatic,
                      .destination = file.place.path(),
                      .name = file.remote,
                      .receiving = with_};
    download.receiving.progress = [&](std::uint64_t done, std::uint64_t) {
      order_.attempts.began(file.place.path());
      done_ = before + done;
      if (with_.progress) with_.progress(done_, std::max(done_, expected_));
    };
    try {
      const auto remote = lab_file(server_, file.remote);
      const Download::Outcome outcome = download.run(*remote, network_);
      order_.attempts.finished(file.place.path());
      if (outcome.was_complete)
        ++tally_.complete;
      else
        count(file, outcome.received);
    } catch (const ConnectionEnded&) {
      throw;
    } catch (const ProtocolError& error) {
      fail(error.what());
      server_.drop();  // bytes of it may still come
    } catch (const SystemError& error) {
      if (is_of_network(error) || is_of_disk(error)) throw;
      fail(error.what());
      server_.drop();
    }
  }

  ReceiveAll& order_;
  const Receiving& with_;
  LabConnection& server_;
  Network& network_;
  Pace pace_;
  Tally tally_;
  std::optional<Folder> folder_;  // the one of folder_path_
  std::string folder_path_;
  std::deque<Awaited> awaited_;
  std::vector<Awaited> postponed_;
  std::size_t asked_bytes_ = 0;
  std::uint64_t left_ = 0;  // bytes of the file that is coming
  std::uint64_t done_ = 0;
  std::uint64_t expected_ = 0;
};

}  // namespace

Tally ReceiveAll::run(LabConnection& server, Network& network) {
  return Receiver(*this, server, network).run();
}

}  // namespace netlab
