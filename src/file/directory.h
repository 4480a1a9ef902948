// Directory is an open directory, Place a name in one. All that is made, renamed or removed goes
// through them, with the *at(2) calls: a path is resolved once, and what was checked
// is what is used, whoever renames folders meanwhile.
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

// What a path ends with, without slashes behind it; empty where that is no name: ".", "..", "/".
std::string last_part(std::string path);

// The path of what is called so in a folder; "" and "." add nothing to a name.
std::string joined(const std::string& directory, const std::string& name);

class Directory {
 public:
  // Where names lead. `anywhere`: the user's own. `beneath`: a stranger's; "..", an absolute name
  // and a link that leads out are refused with EXDEV (file/open_at.h).
  enum class Bounds { anywhere, beneath };

  // Throws SystemError{"open PATH"}.
  Directory(const std::string& path, Bounds bounds);

  // Opens what is called so, with the flags of open(2). Throws SystemError{"open NAME"}.
  Fd open(const std::string& name, int flags, mode_t mode = 0) const;
  // A folder in it; "." is itself. Throws SystemError.
  Directory directory(const std::string& name) const;
  // The last part of the name, in its folder, which has to be there. Throws SystemError, EINVAL for
  // a name without one, as "" and "a/..".
  FileName place(const std::string& name) const;

  const Fd& fd() const { return *fd_; }

 private:
  Directory(std::shared_ptr<const Fd> fd, std::string path, OpenAt open)
      : fd_(std::move(fd)), path_(std::move(path)), open_(open) {}

  std::shared_ptr<const Fd> fd_;
  std::string path_;  // for people; of a stranger's folder nothing but the names he knows
  OpenAt open_;       // within the bounds
};

class FileName {
 public:
  // Of the user's own. Throws SystemError{"open FOLDER"}, EINVAL.
  static FileName of(const std::string& path);

  const std::string& name() const { return name_; }
  const std::string& path() const { return path_; }  // for people

  // Another name in the same folder.
  FileName beside(const std::string& name) const;

  // openat(2): the descriptor or -errno.
  int open(int flags, mode_t mode = 0) const;
  // fstatat(2); nothing when it can't be had.
  std::optional<struct stat> status() const;          // links followed
  std::optional<struct stat> status_of_link() const;  // links not followed
  // renameat2(2) within the folder. Throws SystemError, EEXIST when `to` is there and `replace` is
  // false.
  void rename(const FileName& to, bool replace) const;
  // unlinkat(2). What is not there is removed already.
  void remove() const;
  // mkdirat(2). One that is there will do. Throws SystemError.
  void make_directory() const;
  // fsync(2) of the folder: what was renamed there stays so. Throws SystemError.
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
