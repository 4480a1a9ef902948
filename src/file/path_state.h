// PathState is what a path from the user leads to, before it is opened. Also here: opening and
// positioning a file that is written in place, without a PartialFile.
#pragma once

#include <cstdint>
#include <string>

#include "socket/fd.h"

namespace netlab {

// Links are followed.
struct PathState {
  enum class Kind { absent, regular, directory, other } kind;
  std::uint64_t size;  // bytes, of a regular file
};
PathState look_at(const std::string& path);

// Opens an existing file for writing, without truncating it. Throws SystemError.
Fd open_to_write(const std::string& path);
// Sets the position of the next write. Throws SystemError.
void seek(const Fd& file, std::uint64_t offset, const std::string& path);

}  // namespace netlab
