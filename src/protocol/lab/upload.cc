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

// How long to wait for the error reply of a server that has closed the connection: the reply has
// arrived by then, or never will.
constexpr auto final_reply_timeout = std::chrono::seconds(1);

using Method = lab::Request::Method;

class UploadJob {
 public:
  UploadJob(const Upload& request, LabClient& server, Network& network)
      : request_(request),
        settings_(request.sending),
        server_(server),
        network_(network),
        file_(
            Directory(".", Directory::Bounds::anywhere).open(request.path, O_RDONLY | O_NONBLOCK)),
        state_(FileStatus::of(file_, request.path)),
        limiter_(settings_.limit_rate, network) {}

  Upload::Outcome run() {
    if (!settings_.restart) outcome_.from = stored_prefix();
    if (settings_.progress) settings_.progress(outcome_.from, state_.size);
    server_.queue_request({.method = Method::put,
                           .name = request_.name,
                           .offset = outcome_.from,
                           .tag = outcome_.from > 0 ? part_tag_ : "",
                           .size = state_.size,
                           .modified = state_.modified,
                           .executable = state_.executable,
                           .durable = settings_.durable});
    send();
    confirm();
    return outcome_;
  }

 private:
  void restart_timeout() {
    server_.set_deadline(add_saturating(network_.now(), settings_.response_timeout));
  }

  // Returns how many bytes the server has stored that match the local file.
  std::uint64_t stored_prefix() {
    restart_timeout();
    server_.queue_request({.method = Method::part, .name = request_.name});
    const lab::Reply reply = server_.reply();
    if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply)) {
      if (refusal->code == lab::no_such_file)
        return 0;  // if the directory is missing, PUT reports it
      LabClient::throw_error_reply(request_.name, *refusal);
    }
    const auto& part = std::get<lab::FileReply>(reply);
    part_tag_ = part.tag;
    outcome_.compared = std::min(part.size, state_.size);
    const auto remote = lab_file(server_, part.name);
    const std::uint64_t same = matching_prefix({file_, request_.path}, outcome_.compared, *remote,
                                               part.tag, settings_.response_timeout, network_)
                                   .value_or(0);
    if (same < part.size && settings_.notice)
      settings_.notice(fmt::format(
          "replacing the last {} of the {} bytes that the server has of {}: they differ",
          part.size - same, part.size, request_.path));
    return same;
  }

  void send() {
    try {
      Stream& stream = server_.stream();
      for (std::uint64_t at = outcome_.from; at < state_.size;) {
        restart_timeout();
        const std::uint64_t piece = limiter_.chunk(std::min(piece_size, state_.size - at));
        if (at + piece == state_.size) check_unchanged();
        const std::uint64_t sent = stream.send_file(file_, at, piece);
        at += sent;
        outcome_.sent += sent;
        if (sent < piece)
          throw ProtocolError(fmt::format("{} was truncated while being sent", request_.path));
        if (settings_.progress) settings_.progress(at, state_.size);
        limiter_.account(sent);
      }
    } catch (const SystemError& error) {
      if (error.error() != EPIPE && error.error() != ECONNRESET) throw;
      throw_final_reply();
      throw;
    }
  }

  // Called before the last piece is sent: the server still has an incomplete upload then, which
  // replaces no file.
  void check_unchanged() const {
    if (FileStatus::of(file_, request_.path).tag != state_.tag)
      throw ProtocolError(request_.path + " changed while being sent");
  }

  // A server that rejects an upload sends an ERROR reply and closes the connection without reading
  // the rest. Throws that reply, if there is one.
  void throw_final_reply() {
    server_.set_deadline(add_saturating(network_.now(), final_reply_timeout));
    lab::Reply reply;
    try {
      reply = server_.reply();
    } catch (const std::exception&) {
      return;  // there is no reply
    }
    if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply))
      throw_error_reply(*refusal);
  }

  // If another client has changed the part that we resumed from, the error is temporary: the next
  // attempt compares the part again.
  [[noreturn]] void throw_error_reply(const lab::ErrorReply& refusal) const {
    const bool part_changed = refusal.code == lab::changed || refusal.code == lab::no_such_file ||
                              refusal.code == lab::bad_offset;
    if (outcome_.from > 0 && part_changed)
      throw TemporaryError(escaped(request_.name) + ": " + escaped_start(refusal.text));
    LabClient::throw_error_reply(request_.name, refusal);
  }

  void confirm() {
    const lab::Reply reply = server_.reply_to_upload(settings_.response_timeout, network_);
    if (const auto* const refusal = std::get_if<lab::ErrorReply>(&reply))
      throw_error_reply(*refusal);
    const auto& stored = std::get<lab::FileReply>(reply);
    if (stored.size != state_.size)
      throw ProtocolError(fmt::format("the server has {} of {} bytes of {}", stored.size,
                                      state_.size, request_.path));
    check_unchanged();
    if (settings_.verify) verify(stored);
  }

  void verify(const lab::FileReply& stored) {
    const auto remote = lab_file(server_, request_.name);
    const auto same = matching_prefix({file_, request_.path}, state_.size, *remote, stored.tag,
                                      settings_.response_timeout, network_);
    if (same != state_.size)
      throw ProtocolError(fmt::format("{} differs from the server's copy", escaped(request_.path)));
    outcome_.verified = true;
  }

  const Upload& request_;
  const UploadSettings& settings_;
  LabClient& server_;
  Network& network_;
  Fd file_;
  FileStatus state_;
  RateLimiter limiter_;
  std::string part_tag_;  // of the stored part that was compared
  Upload::Outcome outcome_;
};

}  // namespace

Upload::Outcome Upload::run(LabClient& server, Network& network) const {
  return UploadJob(*this, server, network).run();
}

}  // namespace netlab
