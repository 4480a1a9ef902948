#include <fmt/core.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/escape.h"
#include "protocol/lab/error_reply.h"
#include "protocol/lab/server.h"
#include "protocol/lab/session.h"
#include "socket/syscalls.h"
#include "transport/lingering_close.h"

namespace netlab {
namespace {

// What is gathered goes out when there is so much of it.
constexpr std::size_t flush_size = 256 * 1024;
constexpr std::size_t max_events = 256;
// So many requests, or so much hashing, are a client's turn.
constexpr std::uint64_t turn = 64;
// A small file that changes while it is read is read again, so that no two states of it are mixed.
constexpr int max_attempts = 3;

}  // namespace

void LabSession::serve() {
  while (next_request_begins()) {
    answer(read_request());
    if (gathered_.size() >= flush_size || events_.size() >= max_events) flush();
    work(1);
  }
}

bool LabSession::next_request_begins() {
  if (reader_.available() > 0) return true;
  flush();
  gathered_.shrink_to_fit();
  client_.set_deadline(add_saturating(network_.now(), service_.idle_timeout));
  return reader_.peek() >= 0;
}

lab::Request LabSession::read_request() {
  try {
    if (!reader_.has_line()) flush();
    client_.set_deadline(add_saturating(network_.now(), service_.request_timeout));
    return lab::parse_request(reader_.read_line(lab::max_line));
  } catch (const ProtocolError& error) {
    // Where the next request would begin is not known: this was the last answer.
    write(lab::emit(lab::ErrorReply{std::string(lab::bad_request), error.what()}));
    flush();
    lingering_close(client_, network_);
    throw;
  }
}

void LabSession::answer(const lab::Request& request) {
  using Method = lab::Request::Method;
  try {
    switch (request.method) {
      case Method::get:
      case Method::range:
        return send(request);
      case Method::stat:
        return stat(request);
      case Method::hash:
        return hash(request);
      case Method::list:
        return list(request);
      case Method::put:
        return receive(request);
      case Method::part:
        return part(request);
      case Method::mkdir:
        return make_directory(request);
    }
  } catch (const RequestError& refused) {
    refuse(request, refused.refusal());
  }
}

ServedFile LabSession::open(const lab::Request& request) const {
  if (request.name.empty() && service_.share.default_name().empty())
    throw RequestError(lab::no_such_file, "no file is offered to whom names none");
  try {
    ServedFile file = service_.share.open(request.name);
    if (!request.tag.empty() && request.tag != file.state.tag)
      throw RequestError(lab::changed, "has changed");
    if (request.offset > file.state.size)
      throw RequestError(lab::bad_offset, fmt::format("offset {} is beyond its end at {}",
                                                      request.offset, file.state.size));
    return file;
  } catch (const SystemError& error) {
    throw RequestError(error);
  }
}

void LabSession::stat(const lab::Request& request) {
  const ServedFile file = open(request);
  write(lab::emit(described(file.state, 0, file.name)));
}

void LabSession::send(const lab::Request& request) {
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    const ServedFile file = open(request);
    const std::uint64_t rest = file.state.size - request.offset;
    const bool is_range = request.method == lab::Request::Method::range;
    const std::uint64_t count = is_range ? std::min(request.count, rest) : rest;
    const std::size_t before = gathered_.size();
    write(lab::emit(described(file.state, request.offset, file.name)));
    // A small one is copied to the answers that are gathered; a larger one goes its own way, from
    // the page cache to the socket.
    if (count > lab::small_file) {
      flush();
      send_part(service_, file, request.offset, count, limiter_, client_, network_);
      return;
    }
    if (gather(file, request.offset, count)) return;
    gathered_.resize(before);
  }
  throw RequestError(lab::changed, "changes all the time");
}

// False: it was changed while it was read.
bool LabSession::gather(const ServedFile& file, std::uint64_t offset, std::uint64_t count) {
  const std::size_t begin = gathered_.size();
  gathered_.resize(begin + count);
  const auto into = std::as_writable_bytes(std::span(gathered_)).subspan(begin);
  const std::size_t got = call::read_all_at(file.fd.get(), into, offset, file.name);
  if (got < count || FileStatus::of(file.fd, file.name).tag != file.state.tag) return false;
  if (service_.sink) events_.push_back(sent_event(file, offset, count, client_.peer()));
  return true;
}

lab::FileReply LabSession::described(const FileStatus& state, std::uint64_t offset,
                                     const std::string& name) {
  return {state.size, offset, state.tag, name, state.modified, state.executable};
}

void LabSession::refuse(const lab::Request& request, const lab::ErrorReply& refusal) {
  const std::string name = escaped_start(request.name.empty() ? "*" : request.name);
  write(lab::emit(refusal));
  const std::string peer = client_.peer().text();
  if (service_.sink)
    events_.push_back({"refused",
                       fmt::format("refused {} to {}: {}", name, peer, refusal.text),
                       {{"client", peer}, {"name", name}, {"code", refusal.code}}});
}

void LabSession::write(const std::string& text) {
  gathered_ += text;
}

void LabSession::flush() {
  MinimumRate min_rate = minimum_rate();
  for (auto rest = bytes_of(gathered_); !rest.empty();) {
    const std::uint64_t piece = limiter_.chunk(rest.size());
    client_.set_deadline(min_rate.deadline());
    client_.write_all(rest.first(piece));
    rest = rest.subspan(piece);
    limiter_.account(piece);
    min_rate.account(piece);
  }
  gathered_.clear();
  for (const Event& event : events_) service_.sink(event);
  events_.clear();
}

void LabSession::work(std::uint64_t done) {
  worked_ += done;
  if (worked_ < turn) return;
  worked_ = 0;
  network_.sleep_until(network_.now());
}

MinimumRate LabSession::minimum_rate() const {
  return {stall_size, service_.stall_timeout, service_.limit_rate, network_};
}

void LabSession::begin_piece() {
  client_.set_deadline(add_saturating(network_.now(), service_.stall_timeout));
}

void serve_lab(const FileService& service, BufferedReader& reader, Stream& client,
               Network& network) {
  LabSession(service, reader, client, network).serve();
}

}  // namespace netlab
