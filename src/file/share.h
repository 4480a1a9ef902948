// Share is what a server gives away: a folder that no name leads out of, or a single file. Every
// path of a client is resolved by the kernel beneath the folder (openat2(2), RESOLVE_BENEATH):
// "..", an absolute name and a symbolic link that leads out are refused there, without a race.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "socket/fd.h"

namespace netlab {

// What a file was when it was opened.
struct FileState {
  std::uint64_t size = 0;  // bytes
  // Changes whenever the file does: its modification and change times and its inode number.
  std::string tag;

  // Throws SystemError: of fstat(2), EISDIR for a folder, EINVAL for a FIFO, a device or a socket.
  static FileState of(const Fd& file, const std::string& name);
};

struct SharedFile {
  Fd fd;
  FileState state;
  std::string name;
};

class Share {
 public:
  // `path` is a folder or a file; `default_name` is what a client gets that names nothing, empty
  // for none. Throws SystemError{"open PATH"}.
  Share(const std::string& path, const std::string& default_name);

  // An empty name asks for the default. Throws SystemError: ENOENT, EXDEV for a name that leads
  // out, EISDIR, EINVAL, EACCES, EMFILE, ...
  SharedFile open(std::string_view name) const;

  const std::string& default_name() const { return default_name_; }
  const Fd& folder() const { return folder_; }  // O_PATH; of a single file, the one it is in

 private:
  Fd folder_;
  std::string default_name_;
  bool single_ = false;  // the default is all there is
};

}  // namespace netlab
