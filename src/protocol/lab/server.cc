// The session's loop: one request after the other, and the buffer of replies. The requests
// themselves are in session_read.cc, session_inspect.cc and session_write.cc.
#include "protocol/lab/server.h"

#include <fmt/core.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/escape.h"
#include "protocol/lab/error_reply.h"
#include "protocol/lab/session.h"
#include "transport/lingering_close.h"

namespace netlab {
namespace {

// The output is flushed when it holds this many bytes or events.
constexpr std::size_t flush_size = 256 * 1024;
constexpr std::size_t max_events = 256;
// Units of work before the fiber yields to other clients. A unit is one request or 64 KiB hashed.
constexpr std::uint64_t work_per_turn = 64;

}  // namespace

void LabSession::serve() {
  while (wait_for_request()) {
    handle(read_request());
    if (output_.size() >= flush_size || events_.size() >= max_events) flush();
    count_work(1);
  }
}

bool LabSession::wait_for_request() {
  if (reader_.available() > 0) return true;
  flush();
  output_.shrink_to_fit();
  client_.set_deadline(add_saturating(network_.now(), service_.idle_timeout));
  return reader_.peek() >= 0;
}

lab::Request LabSession::read_request() {
  try {
    if (!reader_.has_line()) flush();
    client_.set_deadline(add_saturating(network_.now(), service_.request_timeout));
    return lab::parse_request(reader_.read_line(lab::max_line));
  } catch (const ProtocolError& error) {
    // The start of the next request is unknown, so this is the last reply.
    write(lab::emit(lab::ErrorReply{std::string(lab::bad_request), error.what()}));
    flush();
    lingering_close(client_, network_);
    throw;
  }
}

void LabSession::handle(const lab::Request& request) {
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
  } catch (const RequestError& error) {
    reject(request, error.reply());
  }
}

void LabSession::reject(const lab::Request& request, const lab::ErrorReply& rejection) {
  const std::string name = escaped_start(request.name.empty() ? "*" : request.name);
  write(lab::emit(rejection));
  const std::string peer = client_.peer().text();
  if (service_.sink)
    events_.push_back({"refused",  // scripts read this name
                       fmt::format("refused {} to {}: {}", name, peer, rejection.text),
                       {{"client", peer}, {"name", name}, {"code", rejection.code}}});
}

void LabSession::write(const std::string& text) {
  output_ += text;
}

void LabSession::flush() {
  MinimumRate min_rate = minimum_rate();
  for (auto rest = bytes_of(output_); !rest.empty();) {
    const std::uint64_t piece = limiter_.chunk(rest.size());
    client_.set_deadline(min_rate.deadline());
    client_.write_all(rest.first(piece));
    rest = rest.subspan(piece);
    limiter_.account(piece);
    min_rate.account(piece);
  }
  output_.clear();
  for (const Event& event : events_) service_.sink(event);
  events_.clear();
}

void LabSession::count_work(std::uint64_t units) {
  work_ += units;
  if (work_ < work_per_turn) return;
  work_ = 0;
  network_.sleep_until(network_.now());
}

MinimumRate LabSession::minimum_rate() const {
  return {stall_size, service_.stall_timeout, service_.limit_rate, network_};
}

void LabSession::restart_stall_timeout() {
  client_.set_deadline(add_saturating(network_.now(), service_.stall_timeout));
}

void serve_lab(const FileService& service, BufferedReader& reader, Stream& client,
               Network& network) {
  LabSession(service, reader, client, network).serve();
}

}  // namespace netlab
