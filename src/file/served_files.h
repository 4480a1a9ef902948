// ServedFiles is what a server gives away: a folder that no name leads out of, or a single file.
// Every path of a client is resolved beneath the folder (file/open_at.h).
#pragma once

#include <string>
#include <string_view>

#include "file/directory.h"
#include "file/directory_reader.h"
#include "file/file_status.h"

namespace netlab {

struct ServedFile {
  Fd fd;
  FileStatus state;
  std::string name;
};

class ServedFiles {
 public:
  // `path` is a folder or a file; `default_name` is what a client gets that names nothing, empty
  // for none. Throws SystemError{"open PATH"}.
  ServedFiles(const std::string& path, const std::string& default_name);

  // An empty name asks for the default. Throws SystemError: ENOENT, EXDEV for a name that leads
  // out, EISDIR, EINVAL, EACCES, EMFILE, ...
  ServedFile open(std::string_view name) const;
  // What is in a folder; "." is the served one. Throws SystemError, ENOTDIR.
  DirectoryReader list(const std::string& name) const;
  // Where something of that name is to be made. Throws SystemError.
  FileName place(const std::string& name) const;

  const std::string& default_name() const { return default_name_; }
  bool is_single_file() const { return single_; }
  const Fd& directory() const {
    return directory_.fd();
  }  // O_PATH; of a single file, the one it is in

 private:
  // The folder of what is served, and where that is a file, its name in there.
  struct Served {
    std::string directory;
    std::string file;
  };
  static Served look_for(const std::string& path);
  ServedFiles(const Served& served, const std::string& default_name);
  void check(const std::string& name) const;

  Directory directory_;
  std::string default_name_;
  bool single_ = false;  // the default is all there is
};

}  // namespace netlab
