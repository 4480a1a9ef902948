#include "file/open_at.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socket/fd.h"
#include "socket/retry_eintr.h"

namespace netlab {
namespace {

// openat2(2) fails with EAGAIN if a rename happened while it resolved a "..".
constexpr int max_attempts = 32;

constexpr int max_links = 40;  // the kernel's limit: path_resolution(7)
constexpr std::size_t max_depth = 128;
constexpr int max_steps = PATH_MAX;  // components, including those of links and repetitions

// Resolves a name beneath a directory. Each directory that it enters stays open, so ".." returns to
// the previous one, whatever is renamed meanwhile.
class Walk {
 public:
  explicit Walk(int top) : top_(top) {}

  // Returns the descriptor, or -errno.
  int open(std::string_view name, int flags, mode_t mode) {
    int error = prepend(name);
    for (int steps = 0; error == 0 && steps < max_steps; ++steps) {
      const std::string part = std::move(rest_.back());
      rest_.pop_back();
      if (rest_.empty()) {
        const int fd = open_anywhere(here(), part.c_str(), flags | O_NOFOLLOW, mode);
        // O_NOFOLLOW gives ELOOP for a link, but ENOTDIR together with O_DIRECTORY (open(2)).
        const bool may_be_link = fd == -ELOOP || fd == -ENOTDIR;
        if (!may_be_link || (flags & O_NOFOLLOW)) return fd;
        error = follow_last(part, -fd);
      } else {
        error = part == ".." ? leave() : enter(part);
      }
    }
    return error == 0 ? -ENAMETOOLONG : -error;
  }

 private:
  int here() const { return entered_.empty() ? top_ : entered_.back().get(); }

  // These return 0 or an errno.

  // Puts the components of a path before the rest. After a trailing "/" or ".." it adds ".", which
  // opens the directory itself.
  int prepend(std::string_view path) {
    if (path.empty() || path.find('\0') != std::string_view::npos) return ENOENT;
    if (path.starts_with('/')) return EXDEV;
    const std::size_t old_size = rest_.size();
    std::string_view part;
    for (std::size_t at = 0; at <= path.size(); at += part.size() + 1) {
      part = path.substr(at, path.find('/', at) - at);
      if (!part.empty() && part != ".") rest_.emplace_back(part);
    }
    if (part.empty() || part == "." || part == "..") rest_.emplace_back(".");
    std::reverse(rest_.begin() + static_cast<std::ptrdiff_t>(old_size), rest_.end());
    return 0;
  }

  int leave() {
    if (entered_.empty()) return EXDEV;
    // Like the kernel, require search permission for the directory being left.
    const Fd searched(open_anywhere(here(), ".", O_PATH | O_DIRECTORY, 0));
    if (!searched) return -searched.get();
    entered_.pop_back();
    return 0;
  }

  int enter(const std::string& part) {
    if (part == ".") return 0;  // a link's target ended with "/"
    Fd found(open_anywhere(here(), part.c_str(), O_PATH | O_NOFOLLOW, 0));
    if (!found) return -found.get();
    const mode_t type = type_of(found);
    if (S_ISLNK(type)) return follow(found);
    if (!S_ISDIR(type)) return ENOTDIR;
    if (entered_.size() == max_depth) return ENAMETOOLONG;
    entered_.push_back(std::move(found));
    return 0;
  }

  // Follows the last component, which open(2) did not open because it is a link. `error` is the
  // errno of open(2), returned if the component is not a link.
  int follow_last(const std::string& part, int error) {
    const Fd found(open_anywhere(here(), part.c_str(), O_PATH | O_NOFOLLOW, 0));
    if (!found) return -found.get();
    const mode_t type = type_of(found);
    if (S_ISLNK(type)) return follow(found);
    // The errors say that it was a link, or no directory, and now it is something else: another
    // process has replaced it, so open it once more.
    const bool was_link = error == ELOOP || S_ISDIR(type);
    if (was_link) rest_.push_back(part);
    return was_link ? 0 : error;
  }

  // Continues with the target of an open symbolic link.
  int follow(const Fd& link) {
    struct statvfs mount = {};
    if (::fstatvfs(link.get(), &mount) == 0 && (mount.f_flag & no_symfollow)) return ELOOP;
    std::array<char, PATH_MAX> target;
    const ssize_t size = retry_interrupted(
        [&] { return ::readlinkat(link.get(), "", target.data(), target.size()); });
    if (size < 0) return static_cast<int>(-size);
    if (++links_ > max_links) return ELOOP;
    return prepend({target.data(), static_cast<std::size_t>(size)});
  }

  static mode_t type_of(const Fd& found) {
    struct stat status = {};
    return ::fstat(found.get(), &status) == 0 ? status.st_mode : 0;
  }

  static constexpr unsigned long no_symfollow = 0x2000;  // ST_NOSYMFOLLOW, which glibc lacks

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
  // For ".", these errors mean that the call is not available. EACCES does not: it means that the
  // directory has no search permission, which a walk would need as well.
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
