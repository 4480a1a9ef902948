#include "protocol/lab/download_queue.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/escape.h"
#include "protocol/lab/remote_file.h"

namespace netlab {
namespace {

using Method = lab::Request::Method;

// So many bytes of requests are sent ahead of their answers. They have to fit into the buffers of
// the sockets, or both ends would wait for each other.
constexpr std::size_t most_asked = 16 * 1024;
// Of so many files of which something is there is kept in mind what they are called.
constexpr std::size_t most_postponed = 1000;

// As rsync(1) decides it: by size and time of modification.
bool is_same(const Entry& entry, const struct stat& there) {
  const FileState state(there);
  return S_ISREG(there.st_mode) && entry.size == state.size && entry.modified == state.modified;
}

}  // namespace

bool is_of_disk(const SystemError& error) {
  return error.error() == ENOSPC || error.error() == EDQUOT || error.error() == EIO;
}

std::string refused_words(const std::string& name, const lab::Refusal& refusal) {
  const bool is_folder = refusal.code == lab::not_a_file && refusal.text == "Is a directory";
  return fmt::format("{}: {}{}", escaped(name), escaped_start(refusal.text),
                     is_folder ? " (--recursive fetches it)" : "");
}

void ReceiveFiles::fail(const std::string& why) {
  ++tally_.failed;
  if (order_.failed) order_.failed(why);
}

void ReceiveFiles::receive(const std::string& remote, const Place& place, const Entry& entry,
                           bool is_new) {
  expected_ += entry.size;
  if (!is_new) {
    const auto there = place.status_of_link();
    if (there && !with_.verify && order_.attempts.may_be_complete(place.path()) &&
        is_same(entry, *there)) {
      ++tally_.complete;
      expected_ -= entry.size;
      return;
    }
    if (there || Partial::part_of(place).status_of_link()) {
      postpone({remote, place, true});
      return;
    }
  }
  if (with_.verify)
    postpone({remote, place, true});
  else
    ask({remote, place, entry.size > lab::small_file});
}

void ReceiveFiles::postpone(Awaited file) {
  postponed_.push_back(std::move(file));
  if (postponed_.size() == most_postponed) receive_postponed();
}

void ReceiveFiles::ask(Awaited file) {
  const std::size_t before = server_.unsent();
  server_.ask({.name = file.remote});
  if (file.is_confirmed) server_.ask({.method = Method::stat, .name = file.remote});
  file.asked = server_.unsent() - before;
  asked_bytes_ += file.asked;
  awaited_.push_back(std::move(file));
  if (asked_bytes_ >= most_asked) take_answers(most_asked / 2);
}

// Until no more than so many bytes of requests have no answer.
void ReceiveFiles::take_answers(std::size_t left) {
  while (!awaited_.empty() && asked_bytes_ > left) {
    const Awaited file = std::move(awaited_.front());
    awaited_.pop_front();
    asked_bytes_ -= file.asked;
    take_answer(file);
  }
}

void ReceiveFiles::take_answer(const Awaited& file) {
  wait_anew();
  const lab::Reply reply = server_.reply();
  if (const auto* const refusal = std::get_if<lab::Refusal>(&reply)) {
    fail(refused_words(file.remote, *refusal));
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
void ReceiveFiles::ask_confirmed(const Awaited& file) {
  awaited_.push_front({file.remote, file.place, true});
  ask_anew();
}

// The rest of a file is not wanted: what else was asked for comes on a new connection.
void ReceiveFiles::ask_anew() {
  server_.drop();
  asked_bytes_ = 0;
  for (Awaited& file : std::exchange(awaited_, {})) ask(std::move(file));
}

Finish ReceiveFiles::finish_of(const lab::Found& found) const {
  Finish finish{.modified = found.modified, .durable = with_.durable};
  if (found.modified) finish.executable = found.executable;
  return finish;
}

void ReceiveFiles::take_small(const Awaited& file, const lab::Found& found) {
  left_ = found.size;
  const std::string bytes = server_.reader().read_exact(left_);
  left_ = 0;
  if (!confirm(file, found)) return;
  write_whole(file.place, bytes_of(bytes), order_.attempts.restart, finish_of(found));
  order_.attempts.finished(file.place.path());
  moved(found.size);
  count(file, found.size);
}

void ReceiveFiles::take_large(const Awaited& file, const lab::Found& found) {
  left_ = found.size;
  Partial partial = Partial::create(file.place, order_.attempts.restart);
  partial.start(0, found.tag);
  order_.attempts.began(file.place.path());
  LeastRate least = LeastRate::of(with_.silence, with_.limit_rate, network_);
  while (left_ > 0) {
    server_.set_deadline(least.deadline(with_.silence));
    const std::size_t got =
        server_.reader().receive_file(partial.file(), partial.path(),
                                      pace_.piece(std::min<std::uint64_t>(file_piece_size, left_)));
    if (got == 0)
      throw ConnectionEnded(fmt::format("the server ended the connection after {} of {} bytes",
                                        found.size - left_, found.size));
    left_ -= got;
    moved(got);
    least.moved(got);
  }
  if (!confirm(file, found)) return;
  partial.complete(finish_of(found));
  order_.attempts.finished(file.place.path());
  count(file, found.size);
}

// False: it was changed while it was sent, which has been told.
bool ReceiveFiles::confirm(const Awaited& file, const lab::Found& found) {
  if (!file.is_confirmed) return true;
  wait_anew();
  const lab::Reply reply = server_.reply();
  const auto* const now = std::get_if<lab::Found>(&reply);
  if (now && now->tag == found.tag) return true;
  fail(escaped(file.remote) + " has changed while it was sent");
  return false;
}

void ReceiveFiles::moved(std::uint64_t bytes) {
  done_ += bytes;
  tally_.bytes += bytes;
  if (with_.progress) with_.progress(done_, std::max(done_, expected_));
  pace_.moved(bytes);
}

void ReceiveFiles::count(const Awaited& file, std::uint64_t bytes) {
  ++tally_.files;
  if (order_.received) order_.received(file.place.path(), bytes);
}

// Of these something is there: what that is has to be found out first.
void ReceiveFiles::receive_postponed() {
  if (postponed_.empty()) return;
  take_answers(0);
  for (const Awaited& file : std::exchange(postponed_, {})) receive_carefully(file);
}

void ReceiveFiles::receive_carefully(const Awaited& file) {
  std::optional<std::uint64_t> last;
  Download download{.mode = order_.attempts.restarts(file.place.path()) ? Download::Mode::restart
                                                                        : Download::Mode::automatic,
                    .destination = file.place.path(),
                    .name = file.remote,
                    .receiving = with_};
  download.receiving.progress = [&](std::uint64_t done, std::uint64_t) {
    order_.attempts.began(file.place.path());
    if (!last) expected_ -= std::min(expected_, done);  // that is there already
    const std::uint64_t more = done - last.value_or(done);
    last = done;
    done_ += more;
    tally_.bytes += more;
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

}  // namespace netlab
