#include "file/file_lock.h"

#include <sys/file.h>

#include "base/error.h"
#include "socket/retry_eintr.h"

namespace netlab {
namespace {

// Whether the name still belongs to the open file.
bool is_in_place(const Fd& file, const FileName& name) {
  struct stat opened {};
  if (::fstat(file.get(), &opened) != 0) throw SystemError("stat " + name.path());
  const auto current = name.status();
  return current && current->st_dev == opened.st_dev && current->st_ino == opened.st_ino;
}

void check_regular(const Fd& file, const FileName& name) {
  struct stat opened {};
  if (::fstat(file.get(), &opened) != 0) throw SystemError("stat " + name.path());
  if (!S_ISREG(opened.st_mode)) throw SystemError("resume " + name.path(), EINVAL);
}

}  // namespace

void throw_locked(const FileName& name) {
  throw SystemError("lock " + name.path() + " (another transfer writes to it)", EWOULDBLOCK);
}

void lock_to_write(const Fd& file, const FileName& name) {
  const int result = retry_interrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); });
  if (result == -EWOULDBLOCK) throw_locked(name);
  if (result < 0) throw SystemError("lock " + name.path(), -result);
}

void unlock(const Fd& file, const FileName& name) {
  if (::flock(file.get(), LOCK_UN) != 0) throw SystemError("unlock " + name.path());
}

Fd open_and_lock(const FileName& name, int flags, mode_t mode) {
  // The previous holder of the lock may have renamed the file after we opened it: then try again.
  // Ten attempts suffice, because each failure needs another transfer to end in the same
  // microseconds.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const int fd = name.open(flags, mode);
    if (fd == -ENOENT && (flags & O_CREAT) == 0) return {};
    if (fd < 0) throw SystemError("open " + name.path(), -fd);
    Fd file(fd);
    lock_to_write(file, name);
    check_regular(file, name);
    if (is_in_place(file, name)) return file;
  }
  throw_locked(name);
}

void check_in_place(const Fd& file, const FileName& name) {
  if (!is_in_place(file, name)) throw_locked(name);
}

}  // namespace netlab
