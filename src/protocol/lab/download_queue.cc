#include "protocol/lab/download_queue.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/escape.h"
#include "protocol/lab/remote_file.h"
#include "protocol/transfer/remediable_error.h"

namespace netlab {
namespace {

using Method = lab::Request::Method;

// At most this many bytes of requests are unanswered.
constexpr std::size_t max_queued = 16 * 1024;
// At most this many files that exist here are queued.
constexpr std::size_t max_existing = 1000;

bool is_same(const Entry& entry, const struct stat& file) {
  const FileStatus status(file);
  return S_ISREG(file.st_mode) && passes_quick_check(entry, status.size, status.modified);
}

}  // namespace

bool is_of_disk(const SystemError& error) {
  return error.error() == ENOSPC || error.error() == EDQUOT || error.error() == EIO;
}

void DownloadQueue::fail_rejected(const std::string& name, const lab::ErrorReply& rejection) {
  const std::string why = escaped(name) + ": " + escaped_start(rejection.text);
  if (rejection.code == lab::is_a_directory)
    report_.fail(RemediableError(why, Remedy::recursive));
  else
    report_.fail(ProtocolError(why));
}

void DownloadQueue::receive(const std::string& remote, const FileName& destination,
                            const Entry& entry, bool is_absent) {
  const auto existing = is_absent ? std::nullopt : destination.status_of_link();
  if (existing && !settings_.verify && checkpoint_.may_be_complete(destination.path()) &&
      is_same(entry, *existing)) {
    report_.complete(destination.path());
    return;
  }
  report_.expect(entry.size);
  if (existing || settings_.verify ||
      (!is_absent && PartialFile::part_of(destination).status_of_link()))
    postpone({remote, destination, true});
  else
    queue_request({remote, destination, entry.size > lab::small_file});
}

void DownloadQueue::postpone(RequestedFile file) {
  existing_.push_back(std::move(file));
  if (existing_.size() == max_existing) receive_existing();
}

void DownloadQueue::queue_request(RequestedFile file) {
  const std::size_t before = server_.unsent();
  server_.queue_request({.name = file.remote});
  if (file.has_stat) server_.queue_request({.method = Method::stat, .name = file.remote});
  pending_.push(std::move(file), server_.unsent() - before);
  if (pending_.bytes() >= max_queued) receive_replies(max_queued / 2);
}

void DownloadQueue::receive_replies(std::size_t max_bytes) {
  while (const auto file = pending_.take_above(max_bytes)) receive_reply(*file);
}

void DownloadQueue::receive_reply(const RequestedFile& file) {
  server_.set_deadline(context_.deadline());
  const lab::Reply reply = server_.reply();
  if (const auto* const rejection = std::get_if<lab::ErrorReply>(&reply)) {
    fail_rejected(file.remote, *rejection);
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
      requeue(RequestedFile{file.remote, file.destination, true});  // it has grown
    else
      receive_large(file, found);
  } catch (const SystemError& error) {
    if (is_of_network(error) || is_of_disk(error)) throw;
    report_.fail(error);
    if (left_ > 0) requeue();
  }
}

// Abandons the rest of the current file by closing the connection. Requests `first`, if any, on a
// new one, and repeats the outstanding requests.
void DownloadQueue::requeue(std::optional<RequestedFile> first) {
  server_.drop();
  Pipeline<RequestedFile> unanswered = std::exchange(pending_, {});
  if (first) queue_request(*std::move(first));
  while (auto file = unanswered.take_above(0)) queue_request(*std::move(file));
}

FinalAttributes DownloadQueue::attributes_of(const lab::FileReply& found) const {
  FinalAttributes attributes{.modified = found.modified, .durable = settings_.durable};
  if (found.modified) attributes.executable = found.executable;
  return attributes;
}

void DownloadQueue::receive_small(const RequestedFile& file, const lab::FileReply& found) {
  left_ = found.size;
  const std::string bytes = server_.reader().read_exact(left_);
  left_ = 0;
  if (!confirm(file, found)) return;
  write_whole(file.destination, bytes_of(bytes), checkpoint_.replaces_files(),
              attributes_of(found));
  report_.advance(found.size);
  report_.transferred(file.destination.path(), found.size);
}

void DownloadQueue::receive_large(const RequestedFile& file, const lab::FileReply& found) {
  left_ = found.size;
  PartialFile partial = PartialFile::create(file.destination, checkpoint_.replaces_files());
  partial.start(0, found.tag);
  checkpoint_.began(file.destination.path());
  MinimumRate min_rate = context_.minimum_rate();
  while (left_ > 0) {
    server_.set_deadline(min_rate.deadline(context_.response_timeout));
    const std::size_t got = server_.reader().receive_file(
        partial.file(), partial.path(),
        context_.limiter.chunk(std::min<std::uint64_t>(file_piece_size, left_)));
    if (got == 0)
      throw ConnectionEnded(fmt::format("the server closed the connection after {} of {} bytes",
                                        found.size - left_, found.size));
    left_ -= got;
    report_.advance(got);
    min_rate.account(got);
  }
  if (!confirm(file, found)) return;
  partial.complete(attributes_of(found));
  report_.transferred(file.destination.path(), found.size);
}

// Returns false, and reports the failure, if the file changed while it was sent.
bool DownloadQueue::confirm(const RequestedFile& file, const lab::FileReply& found) {
  if (!file.has_stat) return true;
  server_.set_deadline(context_.deadline());
  const lab::Reply reply = server_.reply();
  const auto* const current = std::get_if<lab::FileReply>(&reply);
  if (current && current->tag == found.tag) return true;
  report_.fail(ProtocolError(escaped(file.remote) + " changed while being sent"));
  return false;
}

void DownloadQueue::receive_existing() {
  if (existing_.empty()) return;
  receive_replies(0);
  for (const RequestedFile& file : std::exchange(existing_, {})) resume_one(file);
}

void DownloadQueue::resume_one(const RequestedFile& file) {
  const std::string& path = file.destination.path();
  const DownloadRequest request{path, file.remote, settings_};
  Checkpoint checkpoint;
  if (checkpoint_.restarts(path)) checkpoint.mode = Checkpoint::Mode::restart;
  TransferContext context = report_.context_of(path);
  try {
    const auto remote = lab_file(server_, file.remote);
    const DownloadOutcome outcome = download(request, checkpoint, *remote, context);
    if (outcome.was_complete)
      report_.complete(path);
    else
      report_.transferred(path, outcome.received);
  } catch (const ConnectionEnded&) {
    throw;
  } catch (const ProtocolError& error) {
    report_.fail(error);
    server_.drop();  // bytes of the file may still arrive
  } catch (const SystemError& error) {
    if (is_of_network(error) || is_of_disk(error)) throw;
    report_.fail(error);
    server_.drop();
  }
}

}  // namespace netlab
