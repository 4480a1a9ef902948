// Directory is an open directory; FileName is a name in one. Files are created, renamed and removed
// through them, with the *at(2) calls. A path is resolved only once, so the file that was checked
// is the file that is used, even if directories are renamed in between.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>

#include "file/open_at.h"
#include "socket/fd.h"

namespace netlab {

class FileName;

// The last component of a path, trailing slashes ignored; empty if that is not a name: ".", "..",
// "/".
std::string last_part(std::string path);

// The path of `name` in a directory. The directories "" and "." add nothing to the name, and an
// absolute name is returned as it is.
std::string joined(const std::string& directory, const std::string& name);

class Directory {
 public:
  // Where names may lead. `anywhere` is for names from the user, `beneath` for names from a peer:
  // "..", absolute names and links that lead out of the directory fail with EXDEV (file/open_at.h).
  enum class Bounds { anywhere, beneath };

  // Throws SystemError{"open PATH"}.
  Directory(const std::string& path, Bounds bounds);

  // Opens a name in the directory, with the flags of open(2). Throws SystemError{"open NAME"}.
  Fd open(const std::string& name, int flags, mode_t mode = 0) const;
  // Opens a directory in this one; "." is the directory itself. Throws SystemError.
  Directory directory(const std::string& name) const;
  // The last component of `name`, in its parent directory, which must exist. Throws SystemError,
  // EINVAL if `name` ends without one, e.g. "" and "a/..".
  FileName file_name(const std::string& name) const;

  const Fd& fd() const { return *fd_; }

 private:
  Directory(std::shared_ptr<const Fd> fd, std::string path, OpenAt open)
      : fd_(std::move(fd)), path_(std::move(path)), open_(open) {}

  std::shared_ptr<const Fd> fd_;
  std::string path_;  // for messages; with Bounds::beneath, relative to the top
  OpenAt open_;       // observes the bounds
};

class FileName {
 public:
  // For a path from the user. Throws SystemError{"open DIRECTORY"}, EINVAL.
  static FileName of(const std::string& path);

  const std::string& name() const { return name_; }
  const std::string& path() const { return path_; }  // for messages

  // Another name in the same directory.
  FileName beside(const std::string& name) const;

  // openat(2): the descriptor or -errno.
  int open(int flags, mode_t mode = 0) const;
  // fstatat(2); nullopt if it fails.
  std::optional<struct stat> status() const;          // links followed
  std::optional<struct stat> status_of_link() const;  // links not followed
  // renameat2(2). Throws SystemError, EEXIST if `to` exists and `replace` is false.
  void rename(const FileName& to, bool replace) const;
  // unlinkat(2). Errors are ignored.
  void remove() const;
  // mkdirat(2). Succeeds if the directory exists. Throws SystemError.
  void make_directory() const;
  // fsync(2) of the directory, which makes renames in it durable. Throws SystemError.
  void sync_directory() const;

 private:
  friend class Directory;
  FileName(std::shared_ptr<const Fd> directory, std::string name, std::string path)
      : directory_(std::move(directory)), name_(std::move(name)), path_(std::move(path)) {}

  std::shared_ptr<const Fd> directory_;
  std::string name_;
  std::string path_;
};

}  // namespace netlab
