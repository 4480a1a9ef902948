#include "protocol/lab/client.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/escape.h"

namespace netlab {

void LabConnection::flush() {
  if (asked_.empty()) return;
  server_.get().write_all(bytes_of(std::exchange(asked_, {})));
}

Stream& LabConnection::stream() {
  flush();
  return server_.get();
}

BufferedReader& LabConnection::reader() {
  flush();
  if (!reader_) reader_.emplace(server_.get());
  return *reader_;
}

lab::Reply LabConnection::reply() {
  return lab::parse_reply(read_line());
}

lab::Reply LabConnection::reply_to_upload(Duration silence, Network& network) {
  set_deadline(later(network.now(), silence));
  for (std::uint64_t left = stream().unacknowledged();;) {
    set_deadline(later(network.now(), silence));
    try {
      return reply();
    } catch (const SystemError& error) {
      const std::uint64_t before = std::exchange(left, stream().unacknowledged());
      if (error.error() != ETIMEDOUT || left >= before) throw;
    }
  }
}

lab::Item LabConnection::item() {
  return lab::parse_item(read_line());
}

std::string LabConnection::hash() {
  std::string line = read_line();
  constexpr std::size_t digits = 32;
  const bool is_hash = line.size() == digits && std::ranges::all_of(line, [](char digit) {
                         return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
                       });
  if (!is_hash) throw ProtocolError("not a hash: \"" + escaped_start(line) + "\"");
  return line;
}

lab::Found LabConnection::find(const lab::Request& request) {
  ask(request);
  const lab::Reply answer = reply();
  if (const auto* const refusal = std::get_if<lab::Refusal>(&answer))
    throw_refused(request.name, *refusal);
  return std::get<lab::Found>(answer);
}

void LabConnection::throw_refused(const std::string& name, const lab::Refusal& refusal) {
  const std::string why =
      (name.empty() ? "" : escaped_start(name) + ": ") + escaped_start(refusal.text);
  // The server may not have heard yet that an earlier upload of ours has ended.
  if (refusal.code == lab::busy) throw TemporaryError(why);
  throw ProtocolError(why);
}

void LabConnection::drop() {
  reader_.reset();
  asked_.clear();
  server_.drop();
}

}  // namespace netlab
