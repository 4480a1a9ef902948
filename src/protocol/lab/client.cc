#include "protocol/lab/client.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/escape.h"

namespace netlab {

void LabClient::flush() {
  if (queued_.empty()) return;
  server_.get().write_all(bytes_of(std::exchange(queued_, {})));
}

Stream& LabClient::stream() {
  flush();
  return server_.get();
}

BufferedReader& LabClient::reader() {
  flush();
  if (!reader_) reader_.emplace(server_.get());
  return *reader_;
}

lab::Reply LabClient::reply() {
  return lab::parse_reply(read_line());
}

lab::Reply LabClient::reply_to_upload(const TransferContext& context) {
  set_deadline(context.deadline());
  for (std::uint64_t unacknowledged = stream().unacknowledged();;) {
    set_deadline(context.deadline());
    try {
      return reply();
    } catch (const SystemError& error) {
      const std::uint64_t before = std::exchange(unacknowledged, stream().unacknowledged());
      if (error.error() != ETIMEDOUT || unacknowledged >= before) throw;
    }
  }
}

lab::Item LabClient::item() {
  return lab::parse_item(read_line());
}

std::string LabClient::hash() {
  std::string line = read_line();
  constexpr std::size_t digits = 32;
  const bool is_hash = line.size() == digits && std::ranges::all_of(line, [](char digit) {
                         return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
                       });
  if (!is_hash) throw ProtocolError("malformed hash: \"" + escaped_start(line) + "\"");
  return line;
}

lab::FileReply LabClient::find(const lab::Request& request) {
  queue_request(request);
  const lab::Reply received = reply();
  if (const auto* const rejection = std::get_if<lab::ErrorReply>(&received))
    throw_error_reply(request.name, *rejection);
  return std::get<lab::FileReply>(received);
}

void LabClient::throw_error_reply(const std::string& name, const lab::ErrorReply& rejection) {
  const std::string message =
      (name.empty() ? "" : escaped_start(name) + ": ") + escaped_start(rejection.text);
  // The server may not have noticed yet that an earlier connection of ours is gone.
  if (rejection.code == lab::busy) throw TemporaryError(message);
  throw ProtocolError(message);
}

void LabClient::drop() {
  reader_.reset();
  queued_.clear();
  server_.drop();
}

}  // namespace netlab
