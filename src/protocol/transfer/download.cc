#include "protocol/transfer/download.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/escape.h"
#include "file/partial_file.h"
#include "protocol/transfer/compare_blocks.h"
#include "protocol/transfer/parallel_download.h"
#include "protocol/transfer/rate_limit.h"
#include "protocol/transfer/resume_check.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

class DownloadJob {
 public:
  DownloadJob(Download& request, RemoteFile& remote, Network& network)
      : request_(request),
        settings_(request.receiving),
        remote_(remote),
        network_(network),
        limiter_(settings_.limit_rate, network) {}

  Download::Outcome run() {
    restart_timeout();
    choose_destination();
    if (kind_ != Kind::file)
      write_as_it_is();
    else if (request_.mode == Download::Mode::offset && request_.offset > 0)
      write_at_offset();
    else if (request_.mode == Download::Mode::restart || request_.mode == Download::Mode::offset)
      fetch_whole(true);
    else if (!resume_what_is_there())
      fetch_whole(false);
    return outcome_;
  }

 private:
  enum class Kind { file, as_it_is, standard_output };

  void restart_timeout() {
    remote_.set_deadline(add_saturating(network_.now(), settings_.response_timeout));
  }

  void choose_destination() {
    outcome_.destination = request_.destination;
    if (request_.destination == "-") {
      kind_ = Kind::standard_output;
      return;
    }
    if (request_.destination.empty()) {
      outcome_.destination = remote_name();
      return;
    }
    const PathState there = look_at(request_.destination);
    if (there.kind == PathState::Kind::directory) outcome_.destination += "/" + remote_name();
    if (there.kind == PathState::Kind::other) kind_ = Kind::as_it_is;
  }

  // The last part of the file's name. A server may not choose where we write, nor hide what it
  // sends, nor write to the terminal.
  std::string remote_name() {
    std::string name = request_.name;
    const bool is_theirs = name.empty();
    if (is_theirs)
      if (const auto found = remote_.stat()) name = found->name;
    name.erase(0, name.rfind('/') + 1);
    const bool is_strange = is_theirs && (name.starts_with('.') || escaped(name) != name);
    if (name.empty() || name == "." || name == ".." || is_strange ||
        name.find('\0') != std::string::npos)
      throw ProtocolError("the server's file has no name to store it under (-o DEST gives one)");
    return name;
  }

  void write_as_it_is() {
    if (request_.mode == Download::Mode::resume)
      throw SystemError("resume " + outcome_.destination, ESPIPE);
    const RemoteFile::Info found = open(purpose(), request_.offset, request_.tag);
    if (kind_ == Kind::standard_output)
      receive_onwards(found, call::duplicate(STDOUT_FILENO), "standard output");
    else
      receive_onwards(found, open_to_write(outcome_.destination), outcome_.destination);
  }

  RemoteFile::Purpose purpose() const {
    return request_.mode == Download::Mode::offset && request_.offset > 0
               ? RemoteFile::Purpose::offset
               : RemoteFile::Purpose::whole;
  }

  void write_at_offset() {
    const std::uint64_t size = look_at(outcome_.destination).size;
    if (request_.offset > size)
      throw ProtocolError(fmt::format(
          "{} has {} bytes: writing at {} would leave a hole (-o - writes to standard output)",
          outcome_.destination, size, request_.offset));
    const RemoteFile::Info found = open(RemoteFile::Purpose::offset, request_.offset, request_.tag);
    const Fd file = open_to_write(outcome_.destination);
    lock_to_write(file, outcome_.destination);
    seek(file, request_.offset, outcome_.destination);
    receive_onwards(found, file, outcome_.destination);
  }

  // What can't be taken back: a further run goes on where this one was broken off.
  void receive_onwards(const RemoteFile::Info& found, const Fd& file, const std::string& path) {
    const std::uint64_t begin = request_.offset;
    try {
      receive_rest(found, begin, file, path);
    } catch (const std::exception& error) {
      request_.mode = Download::Mode::offset;
      request_.offset = begin + outcome_.received;
      request_.tag = found.tag;
      // That nobody reads what we write is no trouble of the network, and does not pass.
      const auto* const failed = dynamic_cast<const SystemError*>(&error);
      if (failed && failed->error() == EPIPE) throw ProtocolError(error.what());
      throw;
    }
    confirm(found);
  }

  // Nothing is made or emptied before the server has agreed.
  void fetch_whole(bool replace) {
    const FileName place = FileName::of(outcome_.destination);
    if (!replace && place.status_of_link() && !place.status())
      throw SystemError("write " + outcome_.destination + " (a link that leads nowhere)", ENOENT);
    const bool shares = settings_.streams > 1;
    if (replace) adopt_prefix(place);
    RemoteFile::Info found = shares ? stat() : open(RemoteFile::Purpose::whole, 0, "");
    PartialFile partial = PartialFile::create(place, replace);
    partial.start(0, found.tag);
    // A further run finds this one's .part, and goes on there.
    request_.mode = Download::Mode::automatic;
    if (shares)
      receive_shared(found, 0, partial);
    else
      receive_rest(found, 0, partial.file(), partial.path());
    // On the sheet's wire a server refuses by ending the connection, as it ends an empty file.
    if (!found.size && outcome_.received == 0 && look_at(outcome_.destination).size > 0)
      throw ProtocolError("the server sent nothing: " + outcome_.destination + " stays as it is");
    finish(found, partial);
  }

  // Of a .part that nothing says is netlab's, nothing is lost where it is the beginning of the
  // remote file: a small one's, by a process that was killed.
  void adopt_prefix(const FileName& place) {
    auto part = PartialFile::find_part(place);
    if (!part || !part->would_lose_user_data()) return;
    restart_timeout();
    const auto found = remote_.stat();
    if (!found || !found->size || *found->size < part->size()) return;
    const auto same = matching_prefix({part->file(), part->path()}, part->size(), remote_,
                                      found->tag, settings_.response_timeout, network_);
    if (same == part->size()) part->start(part->size(), found->tag);
  }

  // False: nothing is there.
  bool resume_what_is_there() {
    std::optional<PartialFile> partial = PartialFile::find(FileName::of(outcome_.destination));
    if (!partial) return false;
    resume(*partial);
    return true;
  }

  void resume(PartialFile& partial) {
    restart_timeout();
    RemoteFile::Info found = remote_.stat().value_or(RemoteFile::Info());
    const ResumeRequest request{partial, found, request_.mode == Download::Mode::resume,
                                settings_.response_timeout};
    auto proof = find_resume_offset(request, remote_, network_);
    if (proof) {
      outcome_.compared = proof->compared;
      if (!proof->notice.empty()) notice(proof->notice);
      outcome_.from = proof->offset;
      outcome_.was_complete = proof->offset == found.size;
      if (!outcome_.was_complete || partial.size() != proof->offset)
        start(partial, proof->offset, found.tag);
      if (outcome_.was_complete) {
        finish(found, partial);
        return;
      }
      if (settings_.streams > 1) {
        receive_shared(found, proof->offset, partial);
      } else {
        found = open(RemoteFile::Purpose::resume, proof->offset, found.tag);
        receive_rest(found, proof->offset, partial.file(), partial.path());
      }
    } else {
      // Holes would not be found by a look at the end alone.
      const std::uint64_t from = partial.may_have_holes() ? 0 : overlap_begin(request);
      const std::uint64_t begin = partial.may_have_holes() ? 0 : partial.size();
      found = open(RemoteFile::Purpose::resume, from, partial.tag());
      if (begin > 0) compare_overlap(request, from, remote_, network_);
      outcome_.compared = begin - from;
      start(partial, begin, found.tag);
      receive_rest(found, begin, partial.file(), partial.path());
      outcome_.was_complete = outcome_.received == 0 && partial.size() > 0;
    }
    finish(found, partial);
  }

  // A file under its final name stays there until the other is whole, unless the user said that it
  // is a part, or has made a link to it.
  void start(PartialFile& partial, std::uint64_t offset, const std::string& tag) {
    if (!partial.is_ours() && request_.mode != Download::Mode::resume &&
        partial.is_file_of_its_own())
      partial = partial.copy(offset, tag);
    partial.start(offset, tag);
  }

  void notice(const std::string& line) const {
    if (settings_.notice) settings_.notice(line);
  }

  RemoteFile::Info open(RemoteFile::Purpose purpose, std::uint64_t offset, const std::string& tag) {
    restart_timeout();
    return remote_.open(purpose, offset, tag);
  }

  void receive_rest(const RemoteFile::Info& found, std::uint64_t offset, const Fd& file,
                    const std::string& path) {
    outcome_.from = offset;
    if (settings_.progress) settings_.progress(offset, found.size.value_or(0));
    MinimumRate min_rate =
        MinimumRate::of(settings_.response_timeout, settings_.limit_rate, network_);
    for (std::uint64_t at = offset; !found.size || at < *found.size;) {
      const std::uint64_t left = found.size ? *found.size - at : file_piece_size;
      remote_.set_deadline(min_rate.deadline(settings_.response_timeout));
      const std::size_t got = remote_.receive_file(
          file, path, limiter_.chunk(std::min<std::uint64_t>(file_piece_size, left)));
      if (got == 0) {
        if (!found.size) break;  // the end of the connection is the end of the file
        throw ConnectionEnded(
            fmt::format("the server ended the connection after {} of {} bytes", at, *found.size));
      }
      at += got;
      outcome_.received += got;
      if (settings_.progress) settings_.progress(at, found.size.value_or(0));
      limiter_.account(got);
      min_rate.account(got);
    }
  }

  RemoteFile::Info stat() {
    restart_timeout();
    if (const auto found = remote_.stat()) return *found;
    throw ProtocolError("this wire has no ranges: --streams is not possible");
  }

  void receive_shared(const RemoteFile::Info& found, std::uint64_t offset, PartialFile& partial) {
    outcome_.from = offset;
    download_in_parallel(
        {.remote = remote_, .found = found, .offset = offset, .receiving = settings_}, partial,
        network_);
    outcome_.received = *found.size - offset;
  }

  // While other connections fetched, this one was idle, and the server may have ended it. One that
  // is about to stop takes no new one: the old one is tried first.
  std::optional<RemoteFile::Info> look_again() {
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

  // A file that was replaced while it was sent is not the one we were promised.
  void confirm(const RemoteFile::Info& found) {
    if (found.tag.empty()) return;
    const auto now = look_again();
    if (now && now->tag != found.tag)
      throw ProtocolError(escaped(found.name) + " has changed while it was sent" + restart_hint);
  }

  void finish(const RemoteFile::Info& found, PartialFile& partial) {
    confirm(found);
    if (settings_.verify) verify(found, partial);
    partial.complete(
        {.modified = found.modified, .executable = found.executable, .durable = settings_.durable});
  }

  void verify(const RemoteFile::Info& found, const PartialFile& partial) {
    const auto same = found.size
                          ? matching_prefix({partial.file(), partial.path()}, *found.size, remote_,
                                            found.tag, settings_.response_timeout, network_)
                          : std::nullopt;
    if (!same) throw ProtocolError("the server tells no hashes: --verify is not possible");
    if (*same != *found.size)
      throw ProtocolError(
          fmt::format("{} differs from the remote file behind byte {}", partial.path(), *same));
    outcome_.verified = true;
  }

  Download& request_;
  const DownloadSettings& settings_;
  RemoteFile& remote_;
  Network& network_;
  RateLimiter limiter_;
  Kind kind_ = Kind::file;
  Download::Outcome outcome_;
};

}  // namespace

Download::Outcome Download::run(RemoteFile& remote, Network& network) {
  return DownloadJob(*this, remote, network).run();
}

}  // namespace netlab
