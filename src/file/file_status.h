// FileStatus is what a file was when it was looked at.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "socket/fd.h"

namespace netlab {

struct FileStatus {
  std::uint64_t size = 0;  // bytes
  // Changes whenever the file does: its modification and change times and its inode number.
  std::string tag{};
  std::uint64_t modified = 0;  // nanoseconds since the Epoch; what is older is 0
  bool executable = false;     // by its owner

  explicit FileStatus() = default;
  explicit FileStatus(const struct stat& status);
  // Throws SystemError: of fstat(2), EISDIR for a folder, EINVAL for a FIFO, a device or a socket.
  static FileStatus of(const Fd& file, const std::string& name);
};

// Sets the time of a file's last modification, nanoseconds since the Epoch (futimens(2)), and
// whether those who may read it may execute it. Of a file that is not ours they stay as they are.
// Throws SystemError.
void set_modified(const Fd& file, std::uint64_t modified, const std::string& name);
void set_executable(const Fd& file, bool executable, const std::string& name);

}  // namespace netlab
