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

// At most this many bytes of requests are unanswered. They must fit into the socket buffers, or
// both ends could block on sending: a deadlock.
constexpr std::size_t max_queued = 16 * 1024;
// At most this many files that exist here are queued.
constexpr std::size_t max_existing = 1000;

// The same heuristic as rsync(1): equal size and modification time.
bool is_same(const Entry& entry, const struct stat& status) {
  const FileStatus state(status);
  return S_ISREG(status.st_mode) && entry.size == state.size && entry.modified == state.modified;
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
  ++summary_.failed;
  if (request_.failed) request_.failed(why);
}

void DownloadQueue::receive(const std::string& remote, const FileName& destination,
                            const Entry& entry, bool is_new) {
  expected_ += entry.size;
  if (!is_new) {
    const auto existing = destination.status_of_link();
    if (existing && !settings_.verify && request_.attempts.may_be_complete(destination.path()) &&
        is_same(entry, *existing)) {
      ++summary_.complete;
      expected_ -= entry.size;
      return;
    }
    if (existing || PartialFile::part_of(destination).status_of_link()) {
      postpone({remote, destination, true});
      return;
    }
  }
  if (settings_.verify)
    postpone({remote, destination, true});
  else
    queue_request({remote, destination, entry.size > lab::small_file});
}

void DownloadQueue::postpone(Pending file) {
  existing_.push_back(std::move(file));
  if (existing_.size() == max_existing) receive_existing();
}

void DownloadQueue::queue_request(Pending file) {
  const std::size_t before = server_.unsent();
  server_.queue_request({.name = file.remote});
  if (file.has_stat) server_.queue_request({.method = Method::stat, .name = file.remote});
  file.request_bytes = server_.unsent() - before;
  queued_bytes_ += file.request_bytes;
  pending_.push_back(std::move(file));
  if (queued_bytes_ >= max_queued) receive_replies(max_queued / 2);
}

void DownloadQueue::receive_replies(std::size_t max_bytes) {
  while (!pending_.empty() && queued_bytes_ > max_bytes) {
    const Pending file = std::move(pending_.front());
    pending_.pop_front();
    queued_bytes_ -= file.request_bytes;
    receive_reply(file);
  }
}

void DownloadQueue::receive_reply(const Pending& file) {
  restart_timeout();
  const lab::Reply reply = server_.reply();
  if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply)) {
    fail(error_text(file.remote, *refusal));
    if (file.has_stat) server_.reply();
    return;
  }
  const auto& found = std::get<lab::FileReply>(reply);
  if (found.offset != 0)
    throw ProtocolError(fmt::format("the server replied for offset {}, not 0", found.offset));
  try {
    if (found.size <= lab::small_file)
      receive_small(file, found);
    else if (!file.has_stat)
      requeue_with_stat(file);
    else
      receive_large(file, found);
  } catch (const SystemError& error) {
    if (is_of_network(error) || is_of_disk(error)) throw;
    fail(error.what());
    if (left_ > 0) requeue();
  }
}

// For a file that has grown since it was listed: a larger file needs the STAT.
void DownloadQueue::requeue_with_stat(const Pending& file) {
  pending_.push_front({file.remote, file.destination, true});
  requeue();
}

// Abandons the rest of the current file by closing the connection, and repeats the outstanding
// requests on a new one.
void DownloadQueue::requeue() {
  server_.drop();
  queued_bytes_ = 0;
  for (Pending& file : std::exchange(pending_, {})) queue_request(std::move(file));
}

FinalAttributes DownloadQueue::attributes_of(const lab::FileReply& found) const {
  FinalAttributes attributes{.modified = found.modified, .durable = settings_.durable};
  if (found.modified) attributes.executable = found.executable;
  return attributes;
}

void DownloadQueue::receive_small(const Pending& file, const lab::FileReply& found) {
  left_ = found.size;
  const std::string bytes = server_.reader().read_exact(left_);
  left_ = 0;
  if (!confirm(file, found)) return;
  write_whole(file.destination, bytes_of(bytes), request_.attempts.restart, attributes_of(found));
  request_.attempts.finished(file.destination.path());
  add_progress(found.size);
  count(file, found.size);
}

void DownloadQueue::receive_large(const Pending& file, const lab::FileReply& found) {
  left_ = found.size;
  PartialFile partial = PartialFile::create(file.destination, request_.attempts.restart);
  partial.start(0, found.tag);
  request_.attempts.began(file.destination.path());
  MinimumRate min_rate =
      MinimumRate::of(settings_.response_timeout, settings_.limit_rate, network_);
  while (left_ > 0) {
    server_.set_deadline(min_rate.deadline(settings_.response_timeout));
    const std::size_t got = server_.reader().receive_file(
        partial.file(), partial.path(),
        limiter_.chunk(std::min<std::uint64_t>(file_piece_size, left_)));
    if (got == 0)
      throw ConnectionEnded(fmt::format("the server closed the connection after {} of {} bytes",
                                        found.size - left_, found.size));
    left_ -= got;
    add_progress(got);
    min_rate.account(got);
  }
  if (!confirm(file, found)) return;
  partial.complete(attributes_of(found));
  request_.attempts.finished(file.destination.path());
  count(file, found.size);
}

// Returns false, and reports the failure, if the file changed while it was sent.
bool DownloadQueue::confirm(const Pending& file, const lab::FileReply& found) {
  if (!file.has_stat) return true;
  restart_timeout();
  const lab::Reply reply = server_.reply();
  const auto* const current = std::get_if<lab::FileReply>(&reply);
  if (current && current->tag == found.tag) return true;
  fail(escaped(file.remote) + " changed while being sent");
  return false;
}

void DownloadQueue::add_progress(std::uint64_t bytes) {
  done_ += bytes;
  summary_.bytes += bytes;
  if (settings_.progress) settings_.progress(done_, std::max(done_, expected_));
  limiter_.account(bytes);
}

void DownloadQueue::count(const Pending& file, std::uint64_t bytes) {
  ++summary_.files;
  if (request_.received) request_.received(file.destination.path(), bytes);
}

void DownloadQueue::receive_existing() {
  if (existing_.empty()) return;
  receive_replies(0);
  for (const Pending& file : std::exchange(existing_, {})) resume_one(file);
}

void DownloadQueue::resume_one(const Pending& file) {
  std::optional<std::uint64_t> last;
  Download download{.mode = request_.attempts.restarts(file.destination.path())
                                ? Download::Mode::restart
                                : Download::Mode::automatic,
                    .destination = file.destination.path(),
                    .name = file.remote,
                    .receiving = settings_};
  download.receiving.progress = [&](std::uint64_t done, std::uint64_t) {
    request_.attempts.began(file.destination.path());
    if (!last) expected_ -= std::min(expected_, done);  // received earlier
    const std::uint64_t more = done - last.value_or(done);
    last = done;
    done_ += more;
    summary_.bytes += more;
    if (settings_.progress) settings_.progress(done_, std::max(done_, expected_));
  };
  try {
    const auto remote = lab_file(server_, file.remote);
    const Download::Outcome outcome = download.run(*remote, network_);
    request_.attempts.finished(file.destination.path());
    if (outcome.was_complete)
      ++summary_.complete;
    else
      count(file, outcome.received);
  } catch (const ConnectionEnded&) {
    throw;
  } catch (const ProtocolError& error) {
    fail(error.what());
    server_.drop();  // bytes of the file may still arrive
  } catch (const SystemError& error) {
    if (is_of_network(error) || is_of_disk(error)) throw;
    fail(error.what());
    server_.drop();
  }
}

}  // namespace netlab
