#include "protocol/transfer/download.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/escape.h"
#include "file/directory.h"
#include "file/file_lock.h"
#include "file/partial_file.h"
#include "file/path_state.h"
#include "protocol/transfer/compare_blocks.h"
#include "protocol/transfer/destination.h"
#include "protocol/transfer/parallel_download.h"
#include "protocol/transfer/remediable_error.h"
#include "protocol/transfer/resume_check.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

using Mode = Checkpoint::Mode;

class DownloadJob {
 public:
  DownloadJob(const DownloadRequest& request, Checkpoint& checkpoint, RemoteFile& remote,
              TransferContext& context)
      : request_(request), checkpoint_(checkpoint), remote_(remote), context_(context) {}

  DownloadOutcome run() {
    restart_timeout();
    const Destination destination = choose_destination(request_, remote_);
    outcome_.destination = destination.path;
    if (destination.kind != Destination::Kind::file)
      write_directly(destination.kind);
    else if (starts_at_offset())
      write_at_offset();
    else if (checkpoint_.mode == Mode::restart || checkpoint_.mode == Mode::offset)
      fetch_whole(true);
    else if (!resume_existing())
      fetch_whole(false);
    outcome_.from = checkpoint_.from.value_or(outcome_.from);
    outcome_.received = checkpoint_.received;
    outcome_.was_complete = outcome_.was_complete && checkpoint_.received == 0;
    return outcome_;
  }

 private:
  void restart_timeout() { remote_.set_deadline(context_.deadline()); }

  bool starts_at_offset() const {
    return checkpoint_.mode == Mode::offset && checkpoint_.offset > 0;
  }

  void write_directly(Destination::Kind kind) {
    if (checkpoint_.mode == Mode::resume)
      throw SystemError("resume " + outcome_.destination, ESPIPE);
    const RemoteFile::Info found =
        open(starts_at_offset() ? RemoteFile::Purpose::offset : RemoteFile::Purpose::whole,
             checkpoint_.offset, checkpoint_.tag);
    if (kind == Destination::Kind::standard_output)
      receive_in_place(found, call::duplicate(STDOUT_FILENO), "standard output");
    else
      receive_in_place(found, open_to_write(outcome_.destination), outcome_.destination);
  }

  void write_at_offset() {
    const std::uint64_t size = look_at(outcome_.destination).size;
    if (checkpoint_.offset > size)
      throw ProtocolError(fmt::format("{} has {} bytes: writing at offset {} would leave a hole",
                                      outcome_.destination, size, checkpoint_.offset));
    const RemoteFile::Info found =
        open(RemoteFile::Purpose::offset, checkpoint_.offset, checkpoint_.tag);
    const Fd file = open_to_write(outcome_.destination);
    lock_to_write(file, FileName::of(outcome_.destination));
    seek(file, checkpoint_.offset, outcome_.destination);
    receive_in_place(found, file, outcome_.destination);
  }

  // Writes directly to the destination, without a .part file. Another attempt resumes at the first
  // byte that was not received.
  void receive_in_place(const RemoteFile::Info& found, const Fd& file, const std::string& path) {
    checkpoint_.mode = Mode::offset;
    checkpoint_.tag = found.tag;
    try {
      receive_rest(found, checkpoint_.offset, file, path);
    } catch (const SystemError& error) {
      // Nothing reads our output any more. A retry would not help.
      if (error.error() == EPIPE) throw ProtocolError(error.what());
      throw;
    }
    confirm(found);
  }

  // Creates and truncates files only after the server has accepted the request.
  void fetch_whole(bool replace) {
    const FileName destination = FileName::of(outcome_.destination);
    if (!replace && destination.status_of_link() && !destination.status())
      throw SystemError("write " + outcome_.destination + " (a dangling symbolic link)", ENOENT);
    const bool is_parallel = request_.settings.streams > 1;
    if (replace) adopt_prefix(destination);
    RemoteFile::Info found = is_parallel ? stat() : open(RemoteFile::Purpose::whole, 0, "");
    PartialFile partial = PartialFile::create(destination, replace);
    partial.start(0, found.tag);
    const std::uint64_t before = checkpoint_.received;
    // Another attempt resumes the .part file.
    checkpoint_.mode = Mode::automatic;
    if (is_parallel)
      receive_in_parallel(found, 0, partial);
    else
      receive_rest(found, 0, partial.file(), partial.path());
    // On the sheet's wire an empty file and a rejected request look the same: the server closes the
    // connection without sending a byte.
    if (!found.size && checkpoint_.received == before && look_at(outcome_.destination).size > 0)
      throw ProtocolError("the server sent no bytes: " + outcome_.destination + " is unchanged");
    finish(found, partial);
  }

  // A .part file without a state file may be the user's, and is normally not replaced. If it is the
  // beginning of the remote file nothing is lost, and a process killed while it wrote a small file
  // leaves one; such a file is marked as ours.
  void adopt_prefix(const FileName& destination) {
    auto part = PartialFile::find_part(destination);
    if (!part || part->origin() != PartialFile::Origin::foreign) return;
    restart_timeout();
    const auto found = remote_.stat();
    if (!found || !found->size || *found->size < part->size()) return;
    const auto same =
        matching_prefix({part->file(), part->path()}, part->size(), remote_, found->tag, context_);
    if (same == part->size()) part->start(part->size(), found->tag);
  }

  // Returns false if there is nothing to resume.
  bool resume_existing() {
    std::optional<PartialFile> partial = PartialFile::find(FileName::of(outcome_.destination));
    if (!partial) return false;
    resume(*partial);
    return true;
  }

  void resume(PartialFile& partial) {
    restart_timeout();
    RemoteFile::Info found = remote_.stat().value_or(RemoteFile::Info());
    const ResumeRequest request{partial, found, checkpoint_.mode == Mode::resume};
    const auto resume_point = find_resume_offset(request, remote_, context_);
    if (resume_point) {
      outcome_.compared = resume_point->compared;
      if (!resume_point->notice.empty()) context_.notice(resume_point->notice);
      outcome_.from = resume_point->offset;
      outcome_.was_complete = resume_point->offset == found.size;
      if (!outcome_.was_complete || partial.size() != resume_point->offset)
        start(partial, resume_point->offset, found.tag);
      if (outcome_.was_complete) {
        finish(found, partial);
        return;
      }
      if (request_.settings.streams > 1) {
        receive_in_parallel(found, resume_point->offset, partial);
      } else {
        found = open(RemoteFile::Purpose::resume, resume_point->offset, found.tag);
        receive_rest(found, resume_point->offset, partial.file(), partial.path());
      }
    } else {
      // Comparing only the end would not detect holes.
      const std::uint64_t from = partial.may_have_holes() ? 0 : overlap_begin(request);
      const std::uint64_t begin = partial.may_have_holes() ? 0 : partial.size();
      found = open(RemoteFile::Purpose::resume, from, partial.tag());
      if (begin > 0) compare_overlap(request, from, remote_, context_);
      outcome_.compared = begin - from;
      start(partial, begin, found.tag);
      receive_rest(found, begin, partial.file(), partial.path());
      outcome_.was_complete = partial.size() > 0;  // if no byte is received
    }
    finish(found, partial);
  }

  // A file under its final name stays unchanged until the new one is complete. It is continued in
  // place only if the user asked to resume it, or if the destination is a symbolic link.
  void start(PartialFile& partial, std::uint64_t offset, const std::string& tag) {
    if (partial.origin() == PartialFile::Origin::final_name && checkpoint_.mode != Mode::resume &&
        partial.is_file_of_its_own())
      partial = partial.copy(offset, tag);
    partial.start(offset, tag);
  }

  RemoteFile::Info open(RemoteFile::Purpose purpose, std::uint64_t offset, const std::string& tag) {
    restart_timeout();
    return remote_.open(purpose, offset, tag);
  }

  void receive_rest(const RemoteFile::Info& found, std::uint64_t offset, const Fd& file,
                    const std::string& path) {
    const std::uint64_t size = found.size.value_or(0);
    report({.done = offset, .size = size});
    MinimumRate min_rate = context_.minimum_rate();
    for (std::uint64_t at = offset; !found.size || at < size;) {
      const std::uint64_t left = found.size ? size - at : file_piece_size;
      remote_.set_deadline(min_rate.deadline(context_.response_timeout));
      const std::size_t got = remote_.receive_file(
          file, path, context_.limiter.chunk(std::min<std::uint64_t>(file_piece_size, left)));
      if (got == 0) {
        if (!found.size) break;  // the end of the connection is the end of the file
        throw ConnectionEnded(
            fmt::format("the server closed the connection after {} of {} bytes", at, size));
      }
      at += got;
      report({got, at, size});
      context_.limiter.account(got);
      min_rate.account(got);
    }
  }

  // Every byte received is counted here.
  void report(const TransferProgress& progress) {
    if (!checkpoint_.from) checkpoint_.from = progress.done;
    checkpoint_.received += progress.moved;
    if (checkpoint_.mode == Mode::offset) checkpoint_.offset = progress.done;
    context_.progress(progress);
  }

  RemoteFile::Info stat() {
    restart_timeout();
    if (const auto found = remote_.stat()) return *found;
    throw ProtocolError("parallel download: the server does not support ranges");
  }

  void receive_in_parallel(const RemoteFile::Info& found, std::uint64_t offset,
                           PartialFile& partial) {
    TransferContext counting = context_;
    counting.progress = [this](const TransferProgress& progress) { report(progress); };
    download_in_parallel({remote_, found, offset, request_.settings.streams}, partial, counting);
  }

  // STAT after the transfer. During a parallel download this connection was idle, and the server
  // may have closed it; then a new one is opened. The old one is tried first, because a server that
  // is shutting down accepts no new connection.
  std::optional<RemoteFile::Info> stat_again() {
    restart_timeout();
    try {
      return remote_.stat();
    } catch (const ConnectionEnded&) {
    } catch (const SystemError& error) {
      if (error.error() != ECONNRESET && error.error() != EPIPE) throw;
    }
    remote_.drop();
    restart_timeout();
    return remote_.stat();
  }

  // Throws if the file changed while it was sent: the bytes may be of two versions.
  void confirm(const RemoteFile::Info& found) {
    if (found.tag.empty()) return;
    const auto current = stat_again();
    if (current && current->tag != found.tag)
      throw RemediableError(escaped(found.name) + " changed while being sent", Remedy::restart);
  }

  void finish(const RemoteFile::Info& found, PartialFile& partial) {
    confirm(found);
    if (request_.settings.verify) verify(found, partial);
    partial.complete({.modified = found.modified,
                      .executable = found.executable,
                      .durable = request_.settings.durable});
  }

  void verify(const RemoteFile::Info& found, const PartialFile& partial) {
    const auto same = found.size ? matching_prefix({partial.file(), partial.path()}, *found.size,
                                                   remote_, found.tag, context_)
                                 : std::nullopt;
    if (!same)
      throw ProtocolError("cannot verify " + partial.path() +
                          ": the server does not support hashes");
    if (*same != *found.size)
      throw ProtocolError(
          fmt::format("{} differs from the remote file after byte {}", partial.path(), *same));
    outcome_.verified = true;
  }

  const DownloadRequest& request_;
  Checkpoint& checkpoint_;
  RemoteFile& remote_;
  TransferContext& context_;
  DownloadOutcome outcome_;
};

}  // namespace

DownloadOutcome download(const DownloadRequest& request, Checkpoint& checkpoint, RemoteFile& remote,
                         TransferContext& context) {
  return DownloadJob(request, checkpoint, remote, context).run();
}

}  // namespace netlab
