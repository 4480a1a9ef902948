// FileStatus is the size, tag, modification time and mode of a file, as of one fstat(2).
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "socket/fd.h"

namespace netlab {

struct FileStatus {
  std::uint64_t size = 0;  // bytes
  // Changes whenever the file does: modification time, change time and inode number.
  std::string tag{};
  std::uint64_t modified = 0;  // nanoseconds since the Epoch; 0 if earlier
  bool executable = false;     // by its owner

  explicit FileStatus() = default;
  explicit FileStatus(const struct stat& status);
  // Throws SystemError: the error of fstat(2), EISDIR for a directory, or EINVAL for a FIFO, a
  // device or a socket.
  static FileStatus of(const Fd& file, const std::string& name);
};

// Both leave a file that we do not own unchanged (EPERM). They throw SystemError.

// Sets the access and modification times of a file, nanoseconds since the Epoch (futimens(2)).
void set_modified(const Fd& file, std::uint64_t modified, const std::string& name);
// Gives execute permission to every class of users with read permission, or to none (fchmod(2)).
void set_executable(const Fd& file, bool executable, const std::string& name);

}  // namespace netlab
