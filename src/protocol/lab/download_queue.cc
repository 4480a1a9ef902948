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
constexpr std::size_t max_queued = 16 * 1024;
// Of so many files of which something is there is kept in mind what they are called.
constexpr std::size_t max_existing = 1000;

// As rsync(1) decides it: by size and time of modification.
bool is_same(const Entry& entry, const struct stat& there) {
  const FileStatus state(there);
  return S_ISREG(there.st_mode) && entry.size == state.size && entry.modified == state.modified;
}

}  // namespace

bool is_of_disk(const SystemError& error) {
  return error.error() == ENOSPC || error.error() == EDQUOT || error.error() == EIO;
}

std::string error_text(const std::string& name, const lab::ErrorReply& refusal) {
  const bool is_directory = refusal.code == lab::not_a_file && refusal.text == "Is a directory";
  return fmt::format("{}: {}{}", escaped(name), escaped_start(refusal.text),
                     is_directory ? " (--recursive fetches it)" : "");
}

void DownloadQueue::fail(const std::string& why) {
  ++tally_.failed;
  if (request_.failed) request_.failed(why);
}

void DownloadQueue::receive(const std::string& remote, const FileName& place, const Entry& entry,
                            bool is_new) {
  expected_ += entry.size;
  if (!is_new) {
    const auto there = place.status_of_link();
    if (there && !settings_.verify && request_.attempts.may_be_complete(place.path()) &&
        is_same(entry, *there)) {
      ++tally_.complete;
      expected_ -= entry.size;
      return;
    }
    if (there || PartialFile::part_of(place).status_of_link()) {
      postpone({remote, place, true});
      return;
    }
  }
  if (settings_.verify)
    postpone({remote, place, true});
  else
    queue_request({remote, place, entry.size > lab::small_file});
}

void DownloadQueue::postpone(Pending file) {
  existing_.push_back(std::move(file));
  if (existing_.size() == max_existing) receive_existing();
}

void DownloadQueue::queue_request(Pending file) {
  const std::size_t before = server_.unsent();
  server_.queue_request({.name = file.remote});
  if (file.is_confirmed) server_.queue_request({.method = Method::stat, .name = file.remote});
  file.asked = server_.unsent() - before;
  queued_bytes_ += file.asked;
  pending_.push_back(std::move(file));
  if (queued_bytes_ >= max_queued) take_answers(max_queued / 2);
}

// Until no more than so many bytes of requests have no answer.
void DownloadQueue::take_answers(std::size_t left) {
  while (!pending_.empty() && queued_bytes_ > left) {
    const Pending file = std::move(pending_.front());
    pending_.pop_front();
    queued_bytes_ -= file.asked;
    take_answer(file);
  }
}

void DownloadQueue::take_answer(const Pending& file) {
  restart_timeout();
  const lab::Reply reply = server_.reply();
  if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply)) {
    fail(error_text(file.remote, *refusal));
    if (file.is_confirmed) server_.reply();
    return;
  }
  const auto& found = std::get<lab::FileReply>(reply);
  if (found.offset != 0)
    throw ProtocolError("the server answers for another offset than was asked for");
  try {
    if (found.size <= lab::small_file)
      take_small(file, found);
    else if (!file.is_confirmed)
      queue_confirmed(file);
    else
      take_large(file, found);
  } catch (const SystemError& error) {
    if (is_of_network(error) || is_of_disk(error)) throw;
    fail(error.what());
    if (left_ > 0) queue_again();
  }
}

// It has grown since it was listed.
void DownloadQueue::queue_confirmed(const Pending& file) {
  pending_.push_front({file.remote, file.place, true});
  queue_again();
}

// The rest of a file is not wanted: what else was asked for comes on a new connection.
void DownloadQueue::queue_again() {
  server_.drop();
  queued_bytes_ = 0;
  for (Pending& file : std::exchange(pending_, {})) queue_request(std::move(file));
}

FinalAttributes DownloadQueue::finish_of(const lab::FileReply& found) const {
  FinalAttributes finish{.modified = found.modified, .durable = settings_.durable};
  if (found.modified) finish.executable = found.executable;
  return finish;
}

void DownloadQueue::take_small(const Pending& file, const lab::FileReply& found) {
  left_ = found.size;
  const std::string bytes = server_.reader().read_exact(left_);
  left_ = 0;
  if (!confirm(file, found)) return;
  write_whole(file.place, bytes_of(bytes), request_.attempts.restart, finish_of(found));
  request_.attempts.finished(file.place.path());
  moved(found.size);
  count(file, found.size);
}

void DownloadQueue::take_large(const Pending& file, const lab::FileReply& found) {
  left_ = found.size;
  PartialFile partial = PartialFile::create(file.place, request_.attempts.restart);
  partial.start(0, found.tag);
  request_.attempts.began(file.place.path());
  MinimumRate min_rate =
      MinimumRate::of(settings_.response_timeout, settings_.limit_rate, network_);
  while (left_ > 0) {
    server_.set_deadline(min_rate.deadline(settings_.response_timeout));
    const std::size_t got = server_.reader().receive_file(
        partial.file(), partial.path(),
        limiter_.chunk(std::min<std::uint64_t>(file_piece_size, left_)));
    if (got == 0)
      throw ConnectionEnded(fmt::format("the server ended the connection after {} of {} bytes",
                                        found.size - left_, found.size));
    left_ -= got;
    moved(got);
    min_rate.account(got);
  }
  if (!confirm(file, found)) return;
  partial.complete(finish_of(found));
  request_.attempts.finished(file.place.path());
  count(file, found.size);
}

// False: it was changed while it was sent, which has been told.
bool DownloadQueue::confirm(const Pending& file, const lab::FileReply& found) {
  if (!file.is_confirmed) return true;
  restart_timeout();
  const lab::Reply reply = server_.reply();
  const auto* const now = std::get_if<lab::FileReply>(&reply);
  if (now && now->tag == found.tag) return true;
  fail(escaped(file.remote) + " has changed while it was sent");
  return false;
}

void DownloadQueue::moved(std::uint64_t bytes) {
  done_ += bytes;
  tally_.bytes += bytes;
  if (settings_.progress) settings_.progress(done_, std::max(done_, expected_));
  limiter_.account(bytes);
}

void DownloadQueue::count(const Pending& file, std::uint64_t bytes) {
  ++tally_.files;
  if (request_.received) request_.received(file.place.path(), bytes);
}

// Of these something is there: what that is has to be found out first.
void DownloadQueue::receive_existing() {
  if (existing_.empty()) return;
  take_answers(0);
  for (const Pending& file : std::exchange(existing_, {})) resume_one(file);
}

void DownloadQueue::resume_one(const Pending& file) {
  std::optional<std::uint64_t> last;
  Download download{.mode = request_.attempts.restarts(file.place.path())
                                ? Download::Mode::restart
                                : Download::Mode::automatic,
                    .destination = file.place.path(),
                    .name = file.remote,
                    .receiving = settings_};
  download.receiving.progress = [&](std::uint64_t done, std::uint64_t) {
    request_.attempts.began(file.place.path());
    if (!last) expected_ -= std::min(expected_, done);  // that is there already
    const std::uint64_t more = done - last.value_or(done);
    last = done;
    done_ += more;
    tally_.bytes += more;
    if (settings_.progress) settings_.progress(done_, std::max(done_, expected_));
  };
  try {
    const auto remote = lab_file(server_, file.remote);
    const Download::Outcome outcome = download.run(*remote, network_);
    request_.attempts.finished(file.place.path());
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
