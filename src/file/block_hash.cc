#include "file/block_hash.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <new>

#include "base/error.h"
#include "socket/syscalls.h"

namespace netlab {
namespace {
// Bytes per read; more would be evicted from the CPU cache before they are hashed.
constexpr std::size_t read_size = 128 * 1024;
}  // namespace

void BlockHash::Free::operator()(XXH3_state_s* state) const {
  XXH3_freeState(state);
}

BlockHash::BlockHash()
    : state_(XXH3_createState()), buffer_(std::make_unique_for_overwrite<std::byte[]>(read_size)) {
  if (!state_) throw std::bad_alloc();
}

std::string BlockHash::of(const Fd& file, std::uint64_t offset, std::uint64_t count,
                          const std::string& name) {
  XXH3_128bits_reset(state_.get());
  while (count > 0) {
    const std::span piece(buffer_.get(), std::min<std::uint64_t>(read_size, count));
    if (call::read_all_at(file.get(), piece, offset, name) < piece.size())
      throw SystemError("read " + name + " (the file has shrunk)", EIO);
    XXH3_128bits_update(state_.get(), piece.data(), piece.size());
    offset += piece.size();
    count -= piece.size();
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace netlab
