// LIST and HASH of the lab wire: what is there, without its bytes.
#include <algorithm>

#include "file/block_hash.h"
#include "protocol/lab/error_reply.h"
#include "protocol/lab/session.h"

namespace netlab {
namespace {
// To hash so many bytes is as much work as a request.
constexpr std::uint64_t hash_work = 64 * 1024;
// The hashes of so many bytes go out together.
constexpr std::uint64_t hash_piece = 1024 * 1024;
constexpr std::size_t list_piece = 16 * 1024;
// And so much to look at the entries that fill it.
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
  write(lab::emit(described(listing.state(), 0, request.name)));
  try {
    while (const auto entry = listing.next()) {
      if (is_hidden(request.name, *entry)) continue;
      write(lab::emit(*entry));
      if (gathered_.size() < list_piece) continue;
      flush();
      work(list_work);
    }
  } catch (const SystemError& error) {
    if (is_of_network(error)) throw;
    throw RequestError(error);  // in the place of END
  }
  write(lab::emit(lab::End()));
}

// What uploads are written to is nobody's until they are whole.
bool LabSession::is_hidden(const std::string& directory, const Entry& entry) const {
  return service_.writable && entry.kind == Entry::Kind::file && is_named_as_partial(entry.name) &&
         is_partial(service_.share.place(directory + "/" + entry.name));
}

void LabSession::hash(const lab::Request& request) {
  const ServedFile file = open(request);
  write(lab::emit(described(file.state, request.offset, file.name)));
  const std::uint64_t end =
      request.offset + std::min(request.count, file.state.size - request.offset);
  BlockHash hash;
  std::uint64_t hashed = 0;
  for (std::uint64_t at = request.offset; at < end;) {
    const std::uint64_t count = std::min(request.block, end - at);
    write(hash.of(file.fd, at, count, file.name) + "\n");
    at += count;
    hashed += count;
    work(1 + count / hash_work);
    if (hashed < hash_piece) continue;
    hashed = 0;
    flush();
  }
}

}  // namespace netlab
