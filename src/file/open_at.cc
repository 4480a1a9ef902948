#include "file/open_at.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "socket/fd.h"
#include "socket/interrupted.h"

namespace netlab {
namespace {

// openat2(2) fails with EAGAIN when something was renamed while it resolved a "..".
constexpr int max_attempts = 32;
constexpr int max_links = 40;  // as the kernel has it: path_resolution(7)
constexpr std::size_t max_depth = 128;

// The way from a directory to a name beneath it. Each directory on it stays open, so that ".." is
// the one we came from, whatever is renamed meanwhile.
class Walk {
 public:
  explicit Walk(int top) : top_(top) {}

  int open(std::string_view name, int flags, mode_t mode) {
    if (const int error = prepend(name)) return -error;
    for (;;) {
      const std::string part = std::move(rest_.back());
      rest_.pop_back();
      if (rest_.empty()) {
        const int fd = open_anywhere(here(), part.c_str(), flags | O_NOFOLLOW, mode);
        const bool may_be_link = fd == -ELOOP || fd == -ENOTDIR;
        if (!may_be_link || (flags & O_NOFOLLOW)) return fd;
        if (const int error = follow(part, -fd)) return -error;
      } else if (const int error = enter(part)) {
        return -error;
      }
    }
  }

 private:
  int here() const { return entered_.empty() ? top_ : entered_.back().get(); }

  // All return 0 or an errno.

  // Puts the components of a path before those that are left. The last one is never "..": what is
  // opened of "a/.." is ".", as it is of "a/".
  int prepend(std::string_view path) {
    if (path.empty()) return ENOENT;
    if (path.starts_with('/')) return EXDEV;
    const std::size_t before = rest_.size();
    std::string_view part;
    for (std::size_t at = 0; at <= path.size(); at += part.size() + 1) {
      part = path.substr(at, path.find('/', at) - at);
      if (!part.empty() && part != ".") rest_.emplace_back(part);
    }
    if (part.empty() || part == "." || part == "..") rest_.emplace_back(".");
    std::reverse(rest_.begin() + static_cast<std::ptrdiff_t>(before), rest_.end());
    return 0;
  }

  int enter(const std::string& part) {
    if (part == ".") return 0;
    if (part == "..") {
      if (entered_.empty()) return EXDEV;
      entered_.pop_back();
      return 0;
    }
    if (entered_.size() == max_depth) return ENAMETOOLONG;
    const int fd = open_anywhere(here(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd == -ENOTDIR) return follow(part, ENOTDIR);
    if (fd < 0) return -fd;
    entered_.emplace_back(fd);
    return 0;
  }

  // Goes on with the target of a symbolic link. Of what is no link: `error`.
  int follow(const std::string& part, int error) {
    std::array<char, PATH_MAX> target;
    const ssize_t size = ::readlinkat(here(), part.c_str(), target.data(), target.size());
    if (size < 0) return errno == EINVAL ? error : errno;
    if (++links_ > max_links) return ELOOP;
    return prepend({target.data(), static_cast<std::size_t>(size)});
  }

  int top_;
  std::vector<Fd> entered_;        // the directories below the top, the current one last
  std::vector<std::string> rest_;  // components, the next one last
  int links_ = 0;
};

}  // namespace

int open_anywhere(int directory, const char* name, int flags, mode_t mode) {
  return retry_interrupted([&] { return ::openat(directory, name, flags | O_CLOEXEC, mode); });
}

int open_beneath_by_kernel(int directory, const char* name, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned int>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  long fd = -EAGAIN;
  for (int attempt = 0; attempt < max_attempts && fd == -EAGAIN; ++attempt)
    fd = retry_interrupted([&] { return syscall(SYS_openat2, directory, name, &how, sizeof how); });
  return static_cast<int>(fd);
}

int open_beneath_by_component(int directory, const char* name, int flags, mode_t mode) {
  if (std::strlen(name) >= PATH_MAX) return -ENAMETOOLONG;
  return Walk(directory).open(name, flags, mode);
}

OpenAt choose_open_beneath(int directory) {
  // Nothing but a missing call fails so for ".": a directory we may not search gives EACCES.
  const Fd probe(open_beneath_by_kernel(directory, ".", O_PATH | O_DIRECTORY, 0));
  switch (probe ? 0 : -probe.get()) {
    case ENOSYS:
    case EPERM:
    case EINVAL:
    case EOPNOTSUPP:
      return open_beneath_by_component;
    default:
      return open_beneath_by_kernel;
  }
}

}  // namespace netlab
