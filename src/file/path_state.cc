#include "file/path_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "socket/retry_eintr.h"

namespace netlab {

PathState look_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {PathState::Kind::absent, 0};
  if (S_ISDIR(status.st_mode)) return {PathState::Kind::directory, 0};
  if (!S_ISREG(status.st_mode)) return {PathState::Kind::other, 0};
  return {PathState::Kind::regular, static_cast<std::uint64_t>(status.st_size)};
}

Fd open_to_write(const std::string& path) {
  const int fd = retry_interrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC); });
  if (fd < 0) throw SystemError("open " + path, -fd);
  return Fd(fd);
}

void seek(const Fd& file, std::uint64_t offset, const std::string& path) {
  if (::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
    throw SystemError("seek " + path);
}

}  // namespace netlab
