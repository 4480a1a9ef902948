#include "protocol/download.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "file/partial.h"
#include "protocol/escape.h"
#include "socket/calls.h"
#include "socket/error.h"

namespace netlab {
namespace {

// How much of the end of a partial is fetched again and compared before anything is appended.
constexpr std::uint64_t overlap_size = 64 * 1024;
constexpr std::size_t receive_size = 1024 * 1024;
constexpr const char* restart_hint = "; --restart fetches it anew";

class Transfer {
 public:
  Transfer(const Download& order, RemoteFile& remote, Network& network)
      : order_(order), remote_(remote), network_(network) {}

  Download::Outcome run() {
    wait_anew();
    choose_destination();
    if (kind_ != Kind::file)
      write_as_it_is();
    else if (order_.mode == Download::Mode::offset && order_.offset > 0)
      write_at_offset();
    else if (order_.mode == Download::Mode::restart || order_.mode == Download::Mode::offset)
      fetch_whole(true);
    else if (!resume_what_is_there())
      fetch_whole(false);
    return outcome_;
  }

 private:
  enum class Kind { file, as_it_is, standard_output };

  void wait_anew() { remote_.set_deadline(later(network_.now(), order_.silence)); }

  void choose_destination() {
    outcome_.destination = order_.destination;
    if (order_.destination == "-") {
      kind_ = Kind::standard_output;
      return;
    }
    if (order_.destination.empty()) {
      outcome_.destination = remote_name();
      return;
    }
    const PathState there = look_at(order_.destination);
    if (there.kind == PathState::Kind::folder) outcome_.destination += "/" + remote_name();
    if (there.kind == PathState::Kind::other) kind_ = Kind::as_it_is;
  }

  // The last part of the file's name. A server may not choose where we write, nor hide what it
  // sends, nor write to the terminal.
  std::string remote_name() {
    std::string name = order_.name;
    const bool is_theirs = name.empty();
    if (is_theirs)
      if (const auto found = remote_.look()) name = found->name;
    name.erase(0, name.rfind('/') + 1);
    const bool is_strange = is_theirs && (name.starts_with('.') || escaped(name) != name);
    if (name.empty() || name == "." || name == ".." || is_strange ||
        name.find('\0') != std::string::npos)
      throw ProtocolError("the server's file has no name to store it under (-o DEST gives one)");
    return name;
  }

  void write_as_it_is() {
    if (order_.mode == Download::Mode::resume)
      throw SystemError("resume " + outcome_.destination, ESPIPE);
    const RemoteFile::Found found = open(purpose(), order_.offset, "");
    if (kind_ == Kind::standard_output)
      receive_rest(found, order_.offset, call::duplicate(STDOUT_FILENO), "standard output");
    else
      receive_rest(found, order_.offset, open_to_write(outcome_.destination), outcome_.destination);
    confirm(found);
  }

  RemoteFile::Purpose purpose() const {
    return order_.mode == Download::Mode::offset && order_.offset > 0 ? RemoteFile::Purpose::offset
                                                                      : RemoteFile::Purpose::whole;
  }

  void write_at_offset() {
    const std::uint64_t size = look_at(outcome_.destination).size;
    if (order_.offset > size)
      throw ProtocolError(fmt::format(
          "{} has {} bytes: writing at {} would leave a hole (-o - writes to standard output)",
          outcome_.destination, size, order_.offset));
    const RemoteFile::Found found = open(RemoteFile::Purpose::offset, order_.offset, "");
    const Fd file = open_to_write(outcome_.destination);
    seek(file, order_.offset, outcome_.destination);
    receive_rest(found, order_.offset, file, outcome_.destination);
    confirm(found);
  }

  // Nothing is made or emptied before the server has agreed.
  void fetch_whole(bool replace) {
    const RemoteFile::Found found = open(RemoteFile::Purpose::whole, 0, "");
    Partial partial = Partial::create(outcome_.destination, replace);
    partial.start(0, found.tag);
    receive_rest(found, 0, partial.file(), partial.path());
    // On the sheet's wire a server refuses by ending the connection, as it ends an empty file.
    if (!found.size && outcome_.received == 0 && look_at(outcome_.destination).size > 0)
      throw ProtocolError("the server sent nothing: " + outcome_.destination + " stays as it is");
    confirm(found);
    partial.complete();
  }

  // False: nothing is there.
  bool resume_what_is_there() {
    std::optional<Partial> partial = Partial::find(outcome_.destination);
    if (!partial) return false;
    resume(*partial);
    return true;
  }

  void resume(Partial& partial) {
    // A file of that name need not be a part of this one: nobody said so.
    const bool is_part = partial.is_ours() || order_.mode == Download::Mode::resume;
    const std::uint64_t overlap = is_part ? std::min(overlap_size, partial.size()) : partial.size();
    const std::uint64_t from = partial.size() - overlap;
    check_against(partial);
    const RemoteFile::Found found = open(RemoteFile::Purpose::resume, from, partial.tag());
    compare(partial, from);
    outcome_.compared = overlap;
    partial.start(partial.size(), found.tag);
    receive_rest(found, partial.size(), partial.file(), partial.path());
    confirm(found);
    partial.complete();
    outcome_.was_complete = outcome_.received == 0 && partial.size() > 0;
  }

  // Before bytes are asked for: what can't be the start of the remote file is not resumed.
  void check_against(const Partial& partial) {
    wait_anew();
    const auto found = remote_.look();
    if (!found) return;
    if (!partial.tag().empty() && partial.tag() != found->tag)
      throw ProtocolError(fmt::format("{} has changed since {} was begun{}", escaped(found->name),
                                      partial.path(), restart_hint));
    if (partial.size() > found->size)
      throw ProtocolError(fmt::format("{} has {} bytes, more than {} with {}{}", partial.path(),
                                      partial.size(), escaped(found->name), *found->size,
                                      restart_hint));
  }

  // What is there from `from` on, with what comes.
  void compare(const Partial& partial, std::uint64_t from) {
    std::vector<std::byte> theirs(overlap_size);
    std::vector<std::byte> ours(overlap_size);
    for (std::uint64_t at = from; at < partial.size();) {
      wait_anew();
      const std::size_t got = remote_.receive(
          std::span(theirs).first(std::min<std::uint64_t>(overlap_size, partial.size() - at)));
      if (got == 0)
        throw ProtocolError(fmt::format("the remote file ends before {}, which has {} bytes{}",
                                        partial.path(), partial.size(), restart_hint));
      partial.read(at, std::span(ours).first(got));
      if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(got),
                      theirs.begin()))
        throw ProtocolError(
            fmt::format("{} is not the beginning of the remote file: its last {} bytes differ{}",
                        partial.path(), partial.size() - from, restart_hint));
      at += got;
    }
  }

  RemoteFile::Found open(RemoteFile::Purpose purpose, std::uint64_t offset,
                         const std::string& tag) {
    wait_anew();
    return remote_.open(purpose, offset, tag);
  }

  void receive_rest(const RemoteFile::Found& found, std::uint64_t offset, const Fd& file,
                    const std::string& path) {
    outcome_.from = offset;
    if (order_.progress) order_.progress(offset, found.size.value_or(0));
    for (std::uint64_t at = offset; !found.size || at < *found.size;) {
      const std::uint64_t left = found.size ? *found.size - at : receive_size;
      wait_anew();
      const std::size_t got =
          remote_.receive_file(file, path, std::min<std::uint64_t>(receive_size, left));
      if (got == 0) {
        if (!found.size) break;  // the end of the connection is the end of the file
        throw ConnectionEnded(
            fmt::format("the server ended the connection after {} of {} bytes", at, *found.size));
      }
      at += got;
      outcome_.received += got;
      if (order_.progress) order_.progress(at, found.size.value_or(0));
    }
  }

  // A file that was replaced while it was sent is not the one we were promised.
  void confirm(const RemoteFile::Found& found) {
    if (found.tag.empty()) return;
    wait_anew();
    const auto now = remote_.look();
    if (now && now->tag != found.tag)
      throw ProtocolError(escaped(found.name) + " has changed while it was sent" + restart_hint);
  }

  const Download& order_;
  RemoteFile& remote_;
  Network& network_;
  Kind kind_ = Kind::file;
  Download::Outcome outcome_;
};

}  // namespace

Download::Outcome Download::run(RemoteFile& remote, Network& network) const {
  return Transfer(*this, remote, network).run();
}

}  // namespace netlab
