#include "file/file_status.h"

#include <fmt/core.h>

#include "base/error.h"

namespace netlab {
namespace {

constexpr std::uint64_t second = 1'000'000'000;  // in nanoseconds

std::uint64_t nanoseconds(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  return static_cast<std::uint64_t>(time.tv_sec) * second +
         static_cast<std::uint64_t>(time.tv_nsec);
}

// The owner of the file, or its file system, does not allow changes of its attributes.
bool is_denied(int error) {
  return error == EPERM || error == EROFS;
}

}  // namespace

FileStatus::FileStatus(const struct stat& status)
    : size(static_cast<std::uint64_t>(status.st_size)),
      tag(fmt::format("{:x}-{:x}-{:x}", nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
                      status.st_ino)),
      modified(nanoseconds(status.st_mtim)),
      executable((status.st_mode & S_IXUSR) != 0) {}

FileStatus FileStatus::of(const Fd& file, const std::string& name) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) throw SystemError("stat " + name);
  if (S_ISDIR(status.st_mode)) throw SystemError("open " + name, EISDIR);
  if (!S_ISREG(status.st_mode)) throw SystemError("open " + name, EINVAL);
  return FileStatus(status);
}

void set_modified(const Fd& file, std::uint64_t modified, const std::string& name) {
  const timespec time{static_cast<time_t>(modified / second), static_cast<long>(modified % second)};
  const timespec times[] = {time, time};
  if (futimens(file.get(), times) != 0 && !is_denied(errno))
    throw SystemError("set the time of " + name);
}

void set_executable(const Fd& file, bool executable, const std::string& name) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) throw SystemError("stat " + name);
  const mode_t may_execute = (status.st_mode & 0444) >> 2;
  const mode_t mode = (status.st_mode & 0666) | (executable ? may_execute : 0);
  if (mode == (status.st_mode & 0777)) return;
  if (fchmod(file.get(), mode) != 0 && !is_denied(errno))
    throw SystemError("set the mode of " + name);
}

}  // namespace netlab
