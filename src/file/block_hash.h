// BlockHash hashes ranges of a file with XXH3-128, to compare files on two machines without sending
// them. Detects corruption, not tampering: collisions can be made on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "socket/fd.h"

struct XXH3_state_s;

namespace netlab {

// The block sizes that a server accepts, bytes.
inline constexpr std::uint64_t min_hash_block = 4 * 1024;
inline constexpr std::uint64_t max_hash_block = 1024 * 1024;

class BlockHash {
 public:
  BlockHash();

  // The hash of bytes [offset, offset + count) of the file: 32 lowercase hexadecimal digits, the
  // high half first. Throws SystemError{"read " + name}, EIO if the file ends before that.
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
