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
#include "protocol/transfer/remote_file.h"

namespace netlab {
namespace {

// How long to wait for the error reply of a server that has closed the connection: the reply has
// arrived by then, or never will.
constexpr auto final_reply_timeout = std::chrono::seconds(1);

using Method = lab::Request::Method;

class UploadJob {
 public:
  UploadJob(const UploadRequest& request, UploadCheckpoint& checkpoint, LabClient& server,
            TransferContext& context)
      : request_(request),
        checkpoint_(checkpoint),
        server_(server),
        context_(context),
        file_(
            Directory(".", Directory::Bounds::anywhere).open(request.path, O_RDONLY | O_NONBLOCK)),
        status_(FileStatus::of(file_, request.path)) {}

  UploadOutcome run() {
    if (!checkpoint_.restart) begin_ = stored_prefix();
    report({.done = begin_, .size = status_.size});
    checkpoint_.restart = false;  // from now on, the server's part is ours
    server_.queue_request({.method = Method::put,
                           .name = request_.name,
                           .offset = begin_,
                           .tag = begin_ > 0 ? part_tag_ : "",
                           .size = status_.size,
                           .modified = status_.modified,
                           .executable = status_.executable,
                           .durable = request_.settings.durable});
    send();
    confirm();
    outcome_.from = checkpoint_.from.value_or(begin_);
    outcome_.sent = checkpoint_.sent;
    return outcome_;
  }

 private:
  // Every byte sent is counted here.
  void report(const TransferProgress& progress) {
    if (!checkpoint_.from) checkpoint_.from = progress.done;
    checkpoint_.sent += progress.moved;
    context_.progress(progress);
  }

  // Returns how many bytes the server has stored that match the local file.
  std::uint64_t stored_prefix() {
    server_.set_deadline(context_.deadline());
    server_.queue_request({.method = Method::part, .name = request_.name});
    const lab::Reply reply = server_.reply();
    if (const auto* const rejection = std::get_if<lab::ErrorReply>(&reply)) {
      if (rejection->code == lab::no_such_file)
        return 0;  // if the directory is missing, PUT reports it
      LabClient::throw_error_reply(request_.name, *rejection);
    }
    const auto& part = std::get<lab::FileReply>(reply);
    part_tag_ = part.tag;
    outcome_.compared = std::min(part.size, status_.size);
    const auto remote = lab_file(server_, part.name);
    const std::uint64_t same =
        matching_prefix({file_, request_.path}, outcome_.compared, *remote, part.tag, context_)
            .value_or(0);
    if (same < part.size)
      context_.notice(fmt::format(
          "replacing the last {} of the {} bytes that the server has of {}: they differ",
          part.size - same, part.size, request_.path));
    return same;
  }

  void send() {
    try {
      Stream& stream = server_.stream();
      for (std::uint64_t at = begin_; at < status_.size;) {
        server_.set_deadline(context_.deadline());
        const std::uint64_t piece = context_.limiter.chunk(std::min(piece_size, status_.size - at));
        if (at + piece == status_.size) check_unchanged();
        const std::uint64_t sent = stream.send_file(file_, at, piece);
        at += sent;
        if (sent < piece)
          throw ProtocolError(fmt::format("{} was truncated while being sent", request_.path));
        report({sent, at, status_.size});
        context_.limiter.account(sent);
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
    if (FileStatus::of(file_, request_.path).tag != status_.tag)
      throw ProtocolError(request_.path + " changed while being sent");
  }

  // A server that rejects an upload sends an ERROR reply and closes the connection without reading
  // the rest. Throws that reply, if there is one.
  void throw_final_reply() {
    server_.set_deadline(add_saturating(context_.network.now(), final_reply_timeout));
    lab::Reply reply;
    try {
      reply = server_.reply();
    } catch (const std::exception&) {
      return;  // there is no reply
    }
    if (const auto* const rejection = std::get_if<lab::ErrorReply>(&reply))
      throw_error_reply(*rejection);
  }

  // If another client has changed the part that we resumed from, the error is temporary: the next
  // attempt compares the part again.
  [[noreturn]] void throw_error_reply(const lab::ErrorReply& rejection) const {
    const bool part_changed = rejection.code == lab::changed ||
                              rejection.code == lab::no_such_file ||
                              rejection.code == lab::bad_offset;
    if (begin_ > 0 && part_changed)
      throw TemporaryError(escaped(request_.name) + ": " + escaped_start(rejection.text));
    LabClient::throw_error_reply(request_.name, rejection);
  }

  void confirm() {
    const lab::Reply reply = server_.reply_to_upload(context_);
    if (const auto* const rejection = std::get_if<lab::ErrorReply>(&reply))
      throw_error_reply(*rejection);
    const auto& stored = std::get<lab::FileReply>(reply);
    if (stored.size != status_.size)
      throw ProtocolError(fmt::format("the server has {} of {} bytes of {}", stored.size,
                                      status_.size, request_.path));
    check_unchanged();
    if (request_.settings.verify) verify(stored);
  }

  void verify(const lab::FileReply& stored) {
    const auto remote = lab_file(server_, request_.name);
    const auto same =
        matching_prefix({file_, request_.path}, status_.size, *remote, stored.tag, context_);
    if (same != status_.size)
      throw ProtocolError(fmt::format("{} differs from the server's copy", escaped(request_.path)));
    outcome_.verified = true;
  }

  const UploadRequest& request_;
  UploadCheckpoint& checkpoint_;
  LabClient& server_;
  TransferContext& context_;
  Fd file_;
  FileStatus status_;
  std::uint64_t begin_ = 0;  // the offset of the first byte that this attempt sends
  std::string part_tag_;     // of the stored part that was compared
  UploadOutcome outcome_;
};

}  // namespace

UploadOutcome upload(const UploadRequest& request, UploadCheckpoint& checkpoint, LabClient& server,
                     TransferContext& context) {
  return UploadJob(request, checkpoint, server, context).run();
}

}  // namespace netlab
