// PUT, PART and MKDIR of the lab wire: the requests that write.
#include <fmt/core.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/escape.h"
#include "file/partial_file.h"
#include "protocol/lab/error_reply.h"
#include "protocol/lab/session.h"
#include "transport/lingering_close.h"

namespace netlab {
namespace {

// At most this many bytes of a rejected upload are skipped to reach the next request; a longer one
// ends the connection.
constexpr std::uint64_t max_skipped = 1024 * 1024;
// A durable upload is synced in steps of this many bytes, which keeps the final sync short.
constexpr std::uint64_t sync_size = 16 * 1024 * 1024;
// Bounds of the receive window for a rate-limited upload, bytes.
constexpr std::uint64_t min_window = 16 * 1024;
constexpr std::uint64_t max_window = 1024 * 1024;
// A client that has been silent this long loses its lock on the partial file.
constexpr auto max_silent_lock = std::chrono::seconds(3);

bool is_small(const lab::Request& request) {
  return request.offset == 0 && request.size <= lab::small_file;
}

FinalAttributes attributes_of(const lab::Request& request) {
  return {
      .modified = request.modified, .executable = request.executable, .durable = request.durable};
}

}  // namespace

void LabSession::check_writable() const {
  if (!service_.writable) throw RequestError(lab::read_only, "this server does not accept uploads");
}

void LabSession::receive(const lab::Request& request) {
  left_ = request.rest();
  try {
    check_writable();
    // Keeps the backlog small: a client that has sent everything waits for the reply until we have
    // read it at the limited rate.
    if (service_.limit_rate != 0)
      client_.set_receive_window(std::clamp(service_.limit_rate, min_window, max_window));
    const FileName target = service_.share.file_name(request.name);
    const auto existing = target.status_of_link();
    if (existing && S_ISDIR(existing->st_mode)) throw SystemError("open", EISDIR);
    if (is_small(request))
      receive_small(request, target);
    else
      receive_large(request, target);
    const auto status = target.status_of_link();
    if (!status) throw SystemError("stat");
    write(lab::emit(file_reply(FileStatus(*status), request.offset, request.name)));
    after_upload(request);
  } catch (const RequestError& error) {
    reject_upload(request, error.reply());
  } catch (const SystemError& error) {
    if (is_of_network(error)) throw;
    const bool is_foreign_part = error.error() == EEXIST;  // file/partial_file.h
    reject_upload(request,
                  is_foreign_part
                      ? lab::ErrorReply{std::string(lab::failed),
                                        "a .part file exists that is not known to be an upload"}
                      : RequestError(error).reply());
  }
}

void LabSession::receive_small(const lab::Request& request, const FileName& target) {
  if (reader_.available() < request.size) flush();  // before waiting for the client
  restart_stall_timeout();
  const std::string bytes = reader_.read_exact(request.size);
  left_ = 0;
  write_whole(target, bytes_of(bytes), true, attributes_of(request));
  log_received(request);
}

// Sends the reply before the rate limit, or the sync of the next upload, could delay it.
void LabSession::after_upload(const lab::Request& request) {
  if (request.durable || service_.limit_rate != 0) flush();
  if (is_small(request)) limiter_.account(request.size);
}

void LabSession::receive_large(const lab::Request& request, const FileName& target) {
  flush();
  std::optional<PartialFile> partial =
      request.offset == 0 ? PartialFile::create(target, true) : PartialFile::find_part(target);
  if (!partial) throw RequestError(lab::no_such_file, "there is no partial upload to resume");
  if (request.offset > partial->size())
    throw RequestError(lab::bad_offset,
                       fmt::format("offset {} is beyond the end of the partial upload ({} bytes)",
                                   request.offset, partial->size()));
  const bool is_conditional = request.offset > 0 && !request.tag.empty();
  if (is_conditional && request.tag != FileStatus::of(partial->file(), target.path()).tag)
    throw RequestError(lab::changed, "the partial upload has changed");
  partial->replace();
  partial->start(request.offset, "");
  receive_bytes(*partial, request);
  partial->complete(attributes_of(request));
  log_received(request);
}

void LabSession::receive_bytes(const PartialFile& partial, const lab::Request& request) {
  MinimumRate min_rate = minimum_rate();
  std::uint64_t unsynced = 0;
  for (std::uint64_t left = request.rest(); left > 0;) {
    left_.reset();  // in case writing fails after part of the bytes was received
    const std::size_t got = receive_some(partial, limiter_.chunk(left), min_rate.deadline());
    if (got == 0)
      throw ConnectionEnded(fmt::format(
          "the client closed the connection {} bytes before the end of its upload", left));
    left -= got;
    left_ = left;
    limiter_.account(got);
    unsynced += got;
    if (request.durable && unsynced >= sync_size) {
      partial.sync();
      unsynced = 0;
    }
    min_rate.account(got);
  }
}

// Receives at most `max_bytes`; 0 at end of file. A client whose connection was lost reconnects
// before the server notices the loss, and its own stale lock must not make it fail with `busy`.
// Therefore a silent client gives up its lock; the lock is taken again when the client sends more,
// and fails if another client has written meanwhile.
std::size_t LabSession::receive_some(const PartialFile& partial, std::uint64_t max_bytes,
                                     Instant deadline) {
  const Instant unlock_at = add_saturating(network_.now(), max_silent_lock);
  client_.set_deadline(std::min(unlock_at, deadline));
  try {
    return reader_.receive_file(partial.file(), partial.path(), max_bytes);
  } catch (const SystemError& error) {
    if (error.error() != ETIMEDOUT || unlock_at >= deadline) throw;
  }
  const std::string tag = partial.unlock();
  client_.set_deadline(deadline);
  reader_.peek();
  partial.lock_again(tag);
  return reader_.receive_file(partial.file(), partial.path(), max_bytes);
}

void LabSession::reject_upload(const lab::Request& request, const lab::ErrorReply& rejection) {
  reject(request, rejection);
  flush();
  if (!left_ || *left_ > max_skipped) {
    lingering_close(client_, network_);
    throw ProtocolError("upload rejected: " + rejection.text);
  }
  restart_stall_timeout();
  reader_.skip_exact(*left_);
}

void LabSession::log_received(const lab::Request& request) {
  if (!service_.sink) return;
  const std::string peer = client_.peer().text();
  const std::string name = escaped(request.name);
  events_.push_back(
      {"received",
       fmt::format("received {} from {}: {} bytes from {}", name, peer, request.rest(),
                   request.offset),
       {{"client", peer}, {"name", name}, {"offset", request.offset}, {"bytes", request.rest()}}});
}

void LabSession::part(const lab::Request& request) {
  check_writable();
  try {
    // find_part() locks the file: a partial file that is still being written has no stable state.
    const auto part = PartialFile::find_part(service_.share.file_name(request.name));
    if (!part) throw SystemError("stat", ENOENT);
    write(lab::emit(file_reply(FileStatus::of(part->file(), part->path()), 0, part->path())));
  } catch (const SystemError& error) {
    throw RequestError(error);
  }
}

void LabSession::make_directory(const lab::Request& request) {
  check_writable();
  try {
    const FileName target = service_.share.file_name(request.name);
    target.make_directory();
    const auto made = target.status_of_link();
    if (!made) throw SystemError("stat");
    FileStatus status(*made);
    status.size = 0;
    write(lab::emit(file_reply(status, 0, request.name)));
  } catch (const SystemError& error) {
    throw RequestError(error);
  }
}

}  // namespace netlab
