// PUT, PART and MKDIR of the lab wire: what a client may change.
#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/bytes.h"
#include "base/error.h"
#include "base/escape.h"
#include "file/partial_file.h"
#include "protocol/lab/error_reply.h"
#include "protocol/lab/session.h"
#include "transport/lingering_close.h"

namespace netlab {
namespace {

// An upload of so many bytes or less is taken whole before it is written.
constexpr std::uint64_t small_upload = 32 * 1024;
// So much of an upload that was refused is read all the same, so that the next request is found.
constexpr std::uint64_t max_skipped = 1024 * 1024;
// What is to be durable goes to the disk in such steps: the client is not kept waiting for all of
// it at the end.
constexpr std::uint64_t sync_size = 16 * 1024 * 1024;
constexpr std::uint64_t least_unread = 16 * 1024;
constexpr std::uint64_t max_unread = 1024 * 1024;
constexpr auto max_hold = std::chrono::seconds(3);
constexpr std::uint64_t lost_count = std::numeric_limits<std::uint64_t>::max();

bool is_small(const lab::Request& request) {
  return request.offset == 0 && request.size <= small_upload;
}

FinalAttributes finish_of(const lab::Request& request) {
  return {
      .modified = request.modified, .executable = request.executable, .durable = request.durable};
}

}  // namespace

void LabSession::check_writable() const {
  if (!service_.writable) throw RequestError(lab::read_only, "this server takes no files");
}

void LabSession::receive(const lab::Request& request) {
  left_ = request.rest();
  try {
    check_writable();
    // A client that has sent all waits for the answer: what it is ahead of our pace stays small.
    if (service_.limit_rate != 0)
      client_.set_receive_window(std::clamp(service_.limit_rate, least_unread, max_unread));
    const FileName place = service_.share.place(request.name);
    const auto there = place.status_of_link();
    if (there && S_ISDIR(there->st_mode)) throw SystemError("open", EISDIR);
    if (is_small(request))
      receive_small(request, place);
    else
      receive_large(request, place);
    const auto now = place.status_of_link();
    if (!now) throw SystemError("stat");
    write(lab::emit(described(FileStatus(*now), request.offset, request.name)));
    answered(request);
  } catch (const RequestError& refused) {
    refuse_upload(request, refused.refusal());
  } catch (const SystemError& error) {
    if (is_of_network(error)) throw;
    const bool is_anothers = error.error() == EEXIST;  // file/partial_file.h
    refuse_upload(
        request,
        is_anothers ? lab::ErrorReply{std::string(lab::failed),
                                      "a file is there under its name with .part, and nothing says "
                                      "that it is an upload's"}
                    : RequestError(error).refusal());
  }
}

void LabSession::receive_small(const lab::Request& request, const FileName& place) {
  if (reader_.available() < left_) flush();  // there will be a wait
  begin_piece();
  const std::string bytes = reader_.read_exact(left_);
  left_ = 0;
  write_whole(place, bytes_of(bytes), true, finish_of(request));
  log_received(request);
}

// What took its time, or will, keeps no answer back.
void LabSession::answered(const lab::Request& request) {
  if (request.durable || service_.limit_rate != 0) flush();
  if (is_small(request)) limiter_.account(request.size);
}

void LabSession::receive_large(const lab::Request& request, const FileName& place) {
  flush();
  std::optional<PartialFile> partial =
      request.offset == 0 ? PartialFile::create(place, true) : PartialFile::find_part(place);
  if (!partial) throw RequestError(lab::no_such_file, "nothing of it is there to be continued");
  if (request.offset > partial->size())
    throw RequestError(lab::bad_offset, fmt::format("offset {} is beyond what is there, {} bytes",
                                                    request.offset, partial->size()));
  const bool is_proved = request.offset > 0 && !request.tag.empty();
  if (is_proved && request.tag != FileStatus::of(partial->file(), place.path()).tag)
    throw RequestError(lab::changed, "what is there of it has changed");
  partial->replace();
  partial->start(request.offset, "");
  receive_bytes(*partial, request.durable);
  partial->complete(finish_of(request));
  log_received(request);
}

void LabSession::receive_bytes(const PartialFile& partial, bool durable) {
  MinimumRate min_rate = minimum_rate();
  std::uint64_t unsynced = 0;
  while (left_ > 0) {
    const std::uint64_t expected = left_;
    left_ = lost_count;  // should the disk fail, nobody knows how much of it was taken
    const std::size_t got = receive_some(partial, limiter_.chunk(expected), min_rate.deadline());
    left_ = expected - got;
    if (got == 0)
      throw ConnectionEnded(fmt::format(
          "the client ended the connection {} bytes before the end of its upload", expected));
    limiter_.account(got);
    unsynced += got;
    if (durable && unsynced >= sync_size) {
      partial.sync();
      unsynced = 0;
    }
    min_rate.account(got);
  }
}

// A client that has lost its connection without a word to us comes again by another one, and must
// not be told that somebody, which is it, writes to its file: who is silent holds it no longer than
// until another wants it.
std::size_t LabSession::receive_some(const PartialFile& partial, std::uint64_t most,
                                     Instant deadline) {
  const Instant silent = add_saturating(network_.now(), max_hold);
  client_.set_deadline(std::min(silent, deadline));
  try {
    return reader_.receive_file(partial.file(), partial.path(), most);
  } catch (const SystemError& error) {
    if (error.error() != ETIMEDOUT || silent >= deadline) throw;
  }
  const std::string tag = partial.unlock();
  client_.set_deadline(deadline);
  reader_.peek();
  partial.lock_again(tag);
  return reader_.receive_file(partial.file(), partial.path(), most);
}

void LabSession::refuse_upload(const lab::Request& request, const lab::ErrorReply& refusal) {
  refuse(request, refusal);
  flush();
  if (left_ > max_skipped) {
    lingering_close(client_, network_);
    throw ProtocolError("its upload was refused: " + refusal.text);
  }
  begin_piece();
  reader_.skip_exact(left_);
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
    // It is locked for a moment: what somebody still writes to has no state that could be told.
    const auto part = PartialFile::find_part(service_.share.place(request.name));
    if (!part) throw SystemError("stat", ENOENT);
    write(lab::emit(described(FileStatus::of(part->file(), part->path()), 0, part->path())));
  } catch (const SystemError& error) {
    throw RequestError(error);
  }
}

void LabSession::make_directory(const lab::Request& request) {
  check_writable();
  try {
    const FileName place = service_.share.place(request.name);
    place.make_directory();
    const auto there = place.status_of_link();
    if (!there) throw SystemError("stat");
    FileStatus state(*there);
    state.size = 0;
    write(lab::emit(described(state, 0, request.name)));
  } catch (const SystemError& error) {
    throw RequestError(error);
  }
}

}  // namespace netlab
