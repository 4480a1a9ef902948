// ServedFiles is what a server offers: a directory that no name can lead out of, or a single file.
// Every path from a client is resolved beneath the directory (file/open_at.h).
#pragma once

#include <string>
#include <string_view>

#include "file/directory.h"
#include "file/directory_reader.h"
#include "file/file_status.h"

namespace netlab {

struct ServedFile {
  Fd fd;
  FileStatus status;
  std::string name;
};

class ServedFiles {
 public:
  // `path` is a directory or a file. `default_name` is the file for a request without a name; empty
  // means none. Throws SystemError{"open PATH"}.
  ServedFiles(const std::string& path, const std::string& default_name);

  // An empty name opens the default file. Throws SystemError: ENOENT, EXDEV for a name that leads
  // out, EISDIR, EINVAL, EACCES, EMFILE, ...
  ServedFile open(std::string_view name) const;
  // The entries of a directory; "." is the served one. Throws SystemError, ENOTDIR.
  DirectoryReader list(const std::string& name) const;
  // The name of a file to create. Throws SystemError.
  FileName file_name(const std::string& name) const;

  const std::string& default_name() const { return default_name_; }
  bool is_single_file() const { return single_; }
  // Opened with O_PATH; for a single file, its parent directory.
  const Fd& directory() const { return directory_.fd(); }

 private:
  // The directory to open; for a single file, its parent directory and the name in it.
  struct Served {
    std::string directory;
    std::string file;
  };
  static Served locate(const std::string& path);
  ServedFiles(const Served& served, const std::string& default_name);
  void check(const std::string& name) const;

  Directory directory_;
  std::string default_name_;
  bool single_ = false;  // the default is the only file
};

}  // namespace netlab
