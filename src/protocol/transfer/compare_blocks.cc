#include "protocol/transfer/compare_blocks.h"

#include <algorithm>
#include <bit>

#include "file/block_hash.h"

namespace netlab {
namespace {

// The number of blocks per request. After a block that differs, the remaining hashes of the request
// are read and discarded.
constexpr std::uint64_t max_blocks = 256;

// Corruption costs the whole block it is in, so a small file is compared in small blocks.
std::uint64_t block_for(std::uint64_t count) {
  return std::clamp(std::bit_floor(count / 64), min_hash_block, max_hash_block);
}

}  // namespace

std::optional<std::uint64_t> matching_prefix(const LocalFile& file, std::uint64_t count,
                                             RemoteFile& remote, const std::string& tag,
                                             const TransferContext& context) {
  const std::uint64_t block = block_for(count);
  BlockHash hash;
  std::uint64_t same = 0;
  bool differs = false;
  for (std::uint64_t at = 0; at < count && !differs;) {
    const std::uint64_t end = std::min(count, at + max_blocks * block);
    remote.set_deadline(context.deadline());
    if (!remote.open_hashes(at, end - at, block, tag)) return std::nullopt;
    while (at < end) {
      const std::uint64_t size = std::min(block, end - at);
      // Hash our block before reading the reply: the server is hashing its own meanwhile.
      const std::string ours = differs ? "" : hash.of(file.fd, at, size, file.name);
      remote.set_deadline(context.deadline());
      differs = remote.next_hash() != ours || differs;
      at += size;
      if (!differs) same = at;
    }
  }
  return same;
}

}  // namespace netlab
