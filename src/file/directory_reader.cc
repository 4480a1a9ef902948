#include "file/directory_reader.h"

#include <string_view>

#include "base/error.h"

namespace netlab {
namespace {

Entry::Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Entry::Kind::file;
  if (S_ISDIR(mode)) return Entry::Kind::directory;
  return S_ISLNK(mode) ? Entry::Kind::link : Entry::Kind::other;
}

}  // namespace

void DirectoryReader::Close::operator()(DIR* stream) const {
  ::closedir(stream);
}

DirectoryReader::DirectoryReader(const Directory& parent, const std::string& name) : name_(name) {
  Fd directory = parent.open(name, O_RDONLY | O_DIRECTORY);
  struct stat status {};
  if (fstat(directory.get(), &status) != 0) throw SystemError("stat " + name);
  status_ = FileStatus(status);
  stream_.reset(::fdopendir(directory.get()));
  if (!stream_) throw SystemError("open " + name);
  directory.release();  // the stream owns it now
}

std::optional<Entry> DirectoryReader::next() {
  for (;;) {
    errno = 0;
    const dirent* const found = ::readdir(stream_.get());
    if (!found && errno != 0) throw SystemError("list " + name_);
    if (!found) return std::nullopt;
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    struct stat file {};
    if (::fstatat(::dirfd(stream_.get()), found->d_name, &file, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const Entry::Kind kind = kind_of(file.st_mode);
    const FileStatus status(file);
    const bool is_file = kind == Entry::Kind::file;
    return Entry{kind, std::string(name), is_file ? status.size : 0, status.modified,
                 is_file && status.executable};
  }
}

}  // namespace netlab
