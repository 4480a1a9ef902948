// BlockHash hashes pieces of a file with XXH3-128: to compare two files at two ends without sending
// either. It finds what broke by accident; it is no proof against who makes collisions on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "socket/fd.h"

struct XXH3_state_s;

namespace netlab {

// The sizes of block that a server hashes, bytes.
inline constexpr std::uint64_t min_hash_block = 4 * 1024;
inline constexpr std::uint64_t max_hash_block = 1024 * 1024;

class BlockHash {
 public:
  BlockHash();

  // Of bytes [offset, offset + count) of the file: 32 hexadecimal digits in small letters, the high
  // half first. Throws SystemError{"read " + name}, EIO when the file ends before.
  std::string of(const Fd& file, std::uint64_t offset, std::uint64_t count,
                 const std::string& name);

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };

  std::unique_ptr<XXH3_state_s, Free> state_;
  std::unique_ptr<std::byte[]> buffer_;
};

}  // namespace netlab
