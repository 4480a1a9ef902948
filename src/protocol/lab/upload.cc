#include "protocol/lab/upload.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/escape.h"
#include "file/directory.h"
#include "file/file_status.h"
#include "protocol/lab/remote_file.h"
#include "protocol/transfer/compare_blocks.h"
#include "protocol/transfer/rate_limit.h"
#include "protocol/transfer/remote_file.h"

namespace netlab {
namespace {

// A piece that is sent before the deadline is moved on.
// What the server has to say when it has ended the connection is there at once, or never.
constexpr auto last_words = std::chrono::seconds(1);

using Method = lab::Request::Method;

class Uploading {
 public:
  Uploading(const Upload& order, LabConnection& server, Network& network)
      : order_(order),
        with_(order.sending),
        server_(server),
        network_(network),
        file_(Folder(".", Folder::Bounds::anywhere).open(order.path, O_RDONLY | O_NONBLOCK)),
        state_(FileState::of(file_, order.path)),
        pace_(with_.limit_rate, network) {}

  Upload::Outcome run() {
    if (!with_.restart) outcome_.from = find_beginning();
    if (with_.progress) with_.progress(outcome_.from, state_.size);
    server_.ask({.method = Method::put,
                 .name = order_.name,
                 .offset = outcome_.from,
                 .tag = outcome_.from > 0 ? proved_ : "",
                 .size = state_.size,
                 .modified = state_.modified,
                 .executable = state_.executable,
                 .durable = with_.durable});
    send();
    confirm();
    return outcome_;
  }

 private:
  void wait_anew() { server_.set_deadline(later(network_.now(), with_.silence)); }

  // Where to go on: behind what is there and the same.
  std::uint64_t find_beginning() {
    wait_anew();
    server_.ask({.method = Method::part, .name = order_.name});
    const lab::Reply reply = server_.reply();
    if (const auto* const refusal = std::get_if<lab::Refusal>(&reply)) {
      if (refusal->code == lab::no_such_file) return 0;  // which PUT may say as well, of the folder
      LabConnection::throw_refused(order_.name, *refusal);
    }
    const auto& part = std::get<lab::Found>(reply);
    proved_ = part.tag;
    outcome_.compared = std::min(part.size, state_.size);
    const auto remote = lab_file(server_, part.name);
    const std::uint64_t same = same_bytes({file_, order_.path}, outcome_.compared, *remote,
                                          part.tag, with_.silence, network_)
                                   .value_or(0);
    if (same < part.size && with_.notice)
      with_.notice(
          fmt::format("the last {} of {} bytes of {} that the server has are not its: "
                      "they are replaced",
                      part.size - same, part.size, order_.path));
    return same;
  }

  void send() {
    try {
      Stream& stream = server_.stream();
      for (std::uint64_t at = outcome_.from; at < state_.size;) {
        wait_anew();
        const std::uint64_t piece = pace_.piece(std::min(piece_size, state_.size - at));
        if (at + piece == state_.size) check_unchanged();
        const std::uint64_t sent = stream.send_file(file_, at, piece);
        at += sent;
        outcome_.sent += sent;
        if (sent < piece)
          throw ProtocolError(fmt::format("{} has become shorter while it was sent", order_.path));
        if (with_.progress) with_.progress(at, state_.size);
        pace_.moved(sent);
      }
    } catch (const SystemError& error) {
      if (error.error() != EPIPE && error.error() != ECONNRESET) throw;
      throw_last_words();
      throw;
    }
  }

  // Before the last piece: what the server has is then no whole file, and replaces none.
  void check_unchanged() const {
    if (FileState::of(file_, order_.path).tag != state_.tag)
      throw ProtocolError(order_.path + " has changed while it was sent");
  }

  // A server that refuses does not take the rest, but says why before it ends the connection.
  void throw_last_words() {
    server_.set_deadline(later(network_.now(), last_words));
    lab::Reply reply;
    try {
      reply = server_.reply();
    } catch (const std::exception&) {
      return;  // it said nothing
    }
    if (const auto* const refusal = std::get_if<lab::Refusal>(&reply)) throw_refused(*refusal);
  }

  // Where another client has written to what we went on from, a further attempt finds that out.
  [[noreturn]] void throw_refused(const lab::Refusal& refusal) const {
    const bool is_gone = refusal.code == lab::changed || refusal.code == lab::no_such_file ||
                         refusal.code == lab::bad_offset;
    if (outcome_.from > 0 && is_gone)
      throw TemporaryError(escaped(order_.name) + ": " + escaped_start(refusal.text));
    LabConnection::throw_refused(order_.name, refusal);
  }

  void confirm() {
    const lab::Reply reply = server_.reply_to_upload(with_.silence, network_);
    if (const auto* const refusal = std::get_if<lab::Refusal>(&reply)) throw_refused(*refusal);
    const auto& there = std::get<lab::Found>(reply);
    if (there.size != state_.size)
      throw ProtocolError(
          fmt::format("the server has {} of {} bytes of {}", there.size, state_.size, order_.path));
    check_unchanged();
    if (with_.verify) verify(there);
  }

  void verify(const lab::Found& there) {
    const auto remote = lab_file(server_, order_.name);
    const auto same =
        same_bytes({file_, order_.path}, state_.size, *remote, there.tag, with_.silence, network_);
    if (same != state_.size)
      throw ProtocolError(
          fmt::format("{} differs from what the server has of it", escaped(order_.path)));
    outcome_.verified = true;
  }

  const Upload& order_;
  const Sending& with_;
  LabConnection& server_;
  Network& network_;
  Fd file_;
  FileState state_;
  Pace pace_;
  std::string proved_;  // the tag of what is there, whose beginning was compared
  Upload::Outcome outcome_;
};

}  // namespace

Upload::Outcome Upload::run(LabConnection& server, Network& network) const {
  return Uploading(*this, server, network).run();
}

}  // namespace netlab
