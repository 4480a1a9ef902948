#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "protocol/lab/error_reply.h"
#include "protocol/lab/session.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {

// A small file that changes while it is read is read again, so two versions are never mixed.
constexpr int max_attempts = 3;

}  // namespace

ServedFile LabSession::open(const lab::Request& request) const {
  if (request.name.empty() && service_.share.default_name().empty())
    throw RequestError(lab::no_such_file, "this server has no default file");
  try {
    ServedFile file = service_.share.open(request.name);
    if (!request.tag.empty() && request.tag != file.status.tag)
      throw RequestError(lab::changed, "file has changed");
    if (request.offset > file.status.size)
      throw RequestError(lab::bad_offset,
                         fmt::format("offset {} is beyond the end of file ({} bytes)",
                                     request.offset, file.status.size));
    return file;
  } catch (const SystemError& error) {
    throw RequestError(error);
  }
}

void LabSession::stat(const lab::Request& request) {
  const ServedFile file = open(request);
  write(lab::emit(file_reply(file.status, 0, file.name)));
}

void LabSession::send(const lab::Request& request) {
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    const ServedFile file = open(request);
    const std::uint64_t rest = file.status.size - request.offset;
    const bool is_range = request.method == lab::Request::Method::range;
    const std::uint64_t count = is_range ? std::min(request.count, rest) : rest;
    const std::size_t size_before = output_.size();
    write(lab::emit(file_reply(file.status, request.offset, file.name)));
    // A small file is copied into the output; a larger one is sent straight from the page cache to
    // the socket (sendfile(2)).
    if (count > lab::small_file) {
      flush();
      send_part(service_, file, request.offset, count, limiter_, client_, network_);
      return;
    }
    if (append_file(file, request.offset, count)) return;
    output_.resize(size_before);
  }
  throw RequestError(lab::changed, "file keeps changing");
}

// Appends the bytes to the output. Returns false if the file changed while it was read.
bool LabSession::append_file(const ServedFile& file, std::uint64_t offset, std::uint64_t count) {
  const std::size_t begin = output_.size();
  output_.resize(begin + count);
  const auto into = std::as_writable_bytes(std::span(output_)).subspan(begin);
  const std::size_t got = call::read_all_at(file.fd.get(), into, offset, file.name);
  if (got < count || FileStatus::of(file.fd, file.name).tag != file.status.tag) return false;
  if (service_.sink) events_.push_back(sent_event(file, offset, count, client_.peer()));
  return true;
}

lab::FileReply LabSession::file_reply(const FileStatus& status, std::uint64_t offset,
                                      const std::string& name) {
  return {status.size, offset, status.tag, name, status.modified, status.executable};
}

}  // namespace netlab
