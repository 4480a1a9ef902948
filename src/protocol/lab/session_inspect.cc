// LIST and HASH of the lab wire: report on files without sending their bytes.
#include <algorithm>

#include "file/block_hash.h"
#include "protocol/lab/error_reply.h"
#include "protocol/lab/session.h"

namespace netlab {
namespace {
// Bytes whose hashing counts as one unit of work, as one request does.
constexpr std::uint64_t hash_work = 64 * 1024;
// The hashes of this many bytes are sent together.
constexpr std::uint64_t hash_piece = 1024 * 1024;
// Bytes of entries that are sent together, and the units of work they count as.
constexpr std::size_t list_piece = 16 * 1024;
constexpr std::uint64_t list_work = 64;
}  // namespace

void LabSession::list(const lab::Request& request) {
  DirectoryReader listing = [&] {
    try {
      return service_.share.list(request.name);
    } catch (const SystemError& error) {
      throw RequestError(error);
    }
  }();
  write(lab::emit(file_reply(listing.status(), 0, request.name)));
  try {
    while (const auto entry = listing.next()) {
      if (is_hidden(request.name, *entry)) continue;
      write(lab::emit(*entry));
      if (output_.size() < list_piece) continue;
      flush();
      count_work(list_work);
    }
  } catch (const SystemError& error) {
    if (is_of_network(error)) throw;
    throw RequestError(error);  // sent in place of END
  }
  write(lab::emit(lab::End()));
}

// Hides unfinished uploads: the .part files and their state files.
bool LabSession::is_hidden(const std::string& directory, const Entry& entry) const {
  return service_.writable && entry.kind == Entry::Kind::file && is_named_as_partial(entry.name) &&
         is_partial(service_.share.file_name(directory + "/" + entry.name));
}

void LabSession::hash(const lab::Request& request) {
  const ServedFile file = open(request);
  write(lab::emit(file_reply(file.status, request.offset, file.name)));
  const std::uint64_t end =
      request.offset + std::min(request.count, file.status.size - request.offset);
  BlockHash hash;
  std::uint64_t hashed = 0;
  for (std::uint64_t at = request.offset; at < end;) {
    const std::uint64_t count = std::min(request.block, end - at);
    write(hash.of(file.fd, at, count, file.name) + "\n");
    at += count;
    hashed += count;
    count_work(1 + count / hash_work);
    if (hashed < hash_piece) continue;
    hashed = 0;
    flush();
  }
}

}  // namespace netlab
