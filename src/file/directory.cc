#include "file/directory.h"

#include <unistd.h>

#include <cstdio>

#include "base/error.h"

namespace netlab {
namespace {

constexpr int as_directory = O_PATH | O_DIRECTORY;

// "a/b" for "a/b/c", "/" for "/c", "." for "c".
std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

// Throws if the last component is not the name of an entry: "", "." or "..".
std::string last_component(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  if (name.empty() || name == "." || name == "..") throw SystemError("open " + path, EINVAL);
  return name;
}

std::optional<struct stat> status_at(const Fd& directory, const std::string& name, int flags) {
  struct stat status {};
  if (::fstatat(directory.get(), name.c_str(), &status, flags) != 0) return std::nullopt;
  return status;
}

}  // namespace

std::string joined(const std::string& directory, const std::string& name) {
  if (directory.empty() || directory == "." || name.starts_with('/')) return name;
  return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

std::string last_part(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  path.erase(0, path.rfind('/') + 1);
  return path == "." || path == ".." ? "" : path;
}

Directory::Directory(const std::string& path, Bounds bounds)
    : path_(bounds == Bounds::anywhere ? path : "") {
  const int fd = open_anywhere(AT_FDCWD, path.c_str(), as_directory, 0);
  if (fd < 0) throw SystemError("open " + path, -fd);
  fd_ = std::make_shared<const Fd>(fd);
  open_ = bounds == Bounds::beneath ? choose_open_beneath(fd) : open_anywhere;
}

Fd Directory::open(const std::string& name, int flags, mode_t mode) const {
  const int fd = open_(fd_->get(), name.c_str(), flags, mode);
  if (fd < 0) throw SystemError("open " + joined(path_, name), -fd);
  return Fd(fd);
}

Directory Directory::directory(const std::string& name) const {
  return {std::make_shared<const Fd>(open(name, as_directory)), joined(path_, name), open_};
}

FileName Directory::file_name(const std::string& name) const {
  std::string last = last_component(name);
  const std::string parent = directory_of(name);
  return {parent == "." ? fd_ : directory(parent).fd_, std::move(last), joined(path_, name)};
}

FileName FileName::of(const std::string& path) {
  last_component(path);  // throws before the directory is opened
  return Directory(directory_of(path), Directory::Bounds::anywhere)
      .file_name(path.substr(path.rfind('/') + 1));
}

FileName FileName::beside(const std::string& name) const {
  return {directory_, name, path_.substr(0, path_.size() - name_.size()) + name};
}

int FileName::open(int flags, mode_t mode) const {
  return open_anywhere(directory_->get(), name_.c_str(), flags, mode);
}

std::optional<struct stat> FileName::status() const {
  return status_at(*directory_, name_, 0);
}

std::optional<struct stat> FileName::status_of_link() const {
  return status_at(*directory_, name_, AT_SYMLINK_NOFOLLOW);
}

void FileName::rename(const FileName& to, bool replace) const {
  const int from_directory = directory_->get();
  const int to_directory = to.directory_->get();
  const unsigned int flags = replace ? 0 : RENAME_NOREPLACE;
  int result = ::renameat2(from_directory, name_.c_str(), to_directory, to.name_.c_str(), flags);
  // A file system without RENAME_NOREPLACE (NFS): link(2) does not replace a file either.
  if (result != 0 && errno == EINVAL && !replace) {
    result = ::linkat(from_directory, name_.c_str(), to_directory, to.name_.c_str(), 0);
    if (result == 0) remove();
  }
  if (result != 0) throw SystemError("rename " + path_ + " to " + to.path_);
}

void FileName::remove() const {
  ::unlinkat(directory_->get(), name_.c_str(), 0);
}

void FileName::make_directory() const {
  if (::mkdirat(directory_->get(), name_.c_str(), 0777) == 0) return;
  const int error = errno;
  const auto existing = status_of_link();
  if (error != EEXIST || !existing || !S_ISDIR(existing->st_mode))
    throw SystemError("create directory " + path_, error);
}

void FileName::sync_directory() const {
  // A descriptor made with O_PATH cannot be synced.
  const Fd directory(open_anywhere(directory_->get(), ".", O_RDONLY | O_DIRECTORY, 0));
  if (!directory || ::fsync(directory.get()) != 0)
    throw SystemError("sync the directory of " + path_);
}

}  // namespace netlab
