#include "file/share.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>

#include "socket/error.h"
#include "socket/interrupted.h"

namespace netlab {
namespace {

// A name is resolved anew when something was renamed meanwhile: openat2(2), EAGAIN.
constexpr int most_attempts = 32;

Fd open_beneath(const Fd& folder, const std::string& name) {
  open_how how{};
  // O_NONBLOCK: opening a FIFO must not wait for its other end.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 1;; ++attempt) {
    const long fd = retry_interrupted(
        [&] { return syscall(SYS_openat2, folder.get(), name.c_str(), &how, sizeof how); });
    if (fd >= 0) return Fd(static_cast<int>(fd));
    if (fd != -EAGAIN || attempt == most_attempts)
      throw SystemError("open " + name, static_cast<int>(-fd));
  }
}

Fd open_path(const std::string& path, int flags) {
  const int fd = retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC); });
  if (fd < 0) throw SystemError("open " + path, -fd);
  return Fd(fd);
}

unsigned long long nanoseconds(const timespec& time) {
  return static_cast<unsigned long long>(time.tv_sec) * 1'000'000'000 +
         static_cast<unsigned long long>(time.tv_nsec);
}

}  // namespace

FileState FileState::of(const Fd& file, const std::string& name) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) throw SystemError("stat " + name);
  if (S_ISDIR(status.st_mode)) throw SystemError("open " + name, EISDIR);
  if (!S_ISREG(status.st_mode)) throw SystemError("open " + name, EINVAL);
  return {static_cast<std::uint64_t>(status.st_size),
          fmt::format("{:x}-{:x}-{:x}", nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
                      status.st_ino)};
}

Share::Share(const std::string& path, const std::string& default_name)
    : default_name_(default_name) {
  const Fd there = open_path(path, O_PATH);
  struct stat status {};
  if (fstat(there.get(), &status) != 0) throw SystemError("stat " + path);
  std::string folder = path;
  if (!S_ISDIR(status.st_mode)) {
    const std::filesystem::path whole(path);
    folder = whole.has_parent_path() ? whole.parent_path().string() : ".";
    default_name_ = whole.filename().string();
    single_ = true;
  }
  folder_ = open_path(folder, O_PATH | O_DIRECTORY);
  if (!default_name_.empty()) open("");  // says now rather than to each client that it can't be had
}

SharedFile Share::open(std::string_view asked) const {
  const std::string name(asked.empty() ? default_name_ : asked);
  if (name.empty() || name.find('\0') != std::string::npos) throw SystemError("open", ENOENT);
  if (single_ && name != default_name_) throw SystemError("open " + name, ENOENT);
  SharedFile file{open_beneath(folder_, name), {}, name};
  file.state = FileState::of(file.fd, name);
  return file;
}

}  // namespace netlab
